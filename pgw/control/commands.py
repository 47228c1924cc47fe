"""Which commands there are: of payments, of merchants, of keys."""

from collections.abc import Sequence
from typing import Protocol

import structlog
from attrs import frozen

from pgw.actors.key_ring import KeyRing
from pgw.actors.mailbox import ReplyAbandoned
from pgw.control.answers import WHO_TELLS, Answer, mistake, unavailable
from pgw.control.key_commands import KeyCommands
from pgw.control.merchant_commands import MerchantCommands
from pgw.control.texts import is_sound
from pgw.ports import Clock, Ids, Randomness
from pgw.storage.port import MerchantStorage, StorageUnavailable

_log = structlog.get_logger()


class CommandsOfAKind(Protocol):
    async def obey(self, command: object) -> Answer | None:
        """Do what the command says; None where it is of another kind. Raises what storage and actors do."""


def merchant_commands(
    storage: MerchantStorage, ring: KeyRing, clock: Clock, ids: Ids, randomness: Randomness
) -> tuple[CommandsOfAKind, ...]:
    return (
        MerchantCommands(storage, ring, clock, ids),
        KeyCommands(storage, ring, clock, ids, randomness),
    )


@frozen
class Commands:
    """Obeys commands, each a JSON object as it came: nothing of it was looked at."""

    kinds: Sequence[CommandsOfAKind]

    async def obey(self, command: object) -> Answer:
        """Do what the command says, and answer whatever happens but a cancellation."""
        try:
            for kind in self.kinds:
                answer = await kind.obey(command)
                if answer is not None:
                    return answer
        except StorageUnavailable:
            return unavailable("The database does not answer at this moment; try again.")
        except ReplyAbandoned:
            return unavailable(f"It was interrupted; {WHO_TELLS}")
        except Exception:  # noqa: BLE001 - a bug of ours, which must not end a gateway
            _log.exception("CommandFailed")
            return unavailable("It failed by a bug, which the log tells of.")
        return _no_command(command)


def _no_command(command: object) -> Answer:
    match command:
        case {"command": str(name)} if is_sound(name):
            return mistake(f"This gateway has no command {name!r} with these arguments.")
        case _:
            return mistake("This is no command.")
