"""How a command is handed over: by the socket of a running gateway, or to the commands themselves."""

from pathlib import Path
from typing import Protocol

import trio
from attrs import frozen

from pgw.control.address import short_address
from pgw.control.answers import WHO_TELLS, Answer, Document, from_document
from pgw.control.commands import Commands
from pgw.control.wire import LARGEST_ANSWER_BYTES, from_line, receive_line, to_line
from pgw.domain.result import Err, Ok

ANSWER_SECONDS = 90.0
"""Longer than a gateway takes to receive, obey and answer at most."""
NO_ANSWER = f"The gateway ended before it answered; {WHO_TELLS}"


class NoGateway(Exception):
    """Nobody listens at the socket."""


class ControlUnavailable(Exception):
    """A command cannot be handed over, or its answer is not known; one sentence for the operator."""


class Control(Protocol):
    async def ask(self, command: Document) -> Answer:
        """Have a command obeyed. Raises `ControlUnavailable`."""


async def read(control: Control, command: Document) -> Document:
    """Have a command obeyed that reads. Raises `ControlUnavailable` where it is refused, too."""
    match await control.ask(command):
        case Ok(document):
            return document
        case Err(refused):
            raise ControlUnavailable(refused.sentence)


@frozen
class DirectControl:
    """For whoever holds the database's lock. What goes over a socket goes the same way here."""

    commands: Commands

    async def ask(self, command: Document) -> Answer:
        return await self.commands.obey(from_line(to_line(command)))


@frozen
class SocketControl:
    """A connection for each command: the gateway may end in between."""

    path: Path

    async def look_for_gateway(self) -> None:
        """Return where a gateway listens. Raises `NoGateway` or `ControlUnavailable`."""
        stream = await self._connect()
        await stream.aclose()

    async def ask(self, command: Document) -> Answer:
        try:
            with trio.fail_after(ANSWER_SECONDS):
                async with await self._connect() as stream:
                    await stream.send_all(to_line(command))
                    line = await receive_line(stream, LARGEST_ANSWER_BYTES)
        except NoGateway as error:
            raise ControlUnavailable("The gateway has stopped meanwhile; try again.") from error
        except trio.TooSlowError as error:
            raise ControlUnavailable(f"The gateway did not answer within {ANSWER_SECONDS:g} s.") from error
        except trio.BrokenResourceError as error:
            raise ControlUnavailable(NO_ANSWER) from error
        answer = None if line is None else from_document(from_line(line))
        if answer is None:
            raise ControlUnavailable(NO_ANSWER)
        return answer

    async def _connect(self) -> trio.SocketStream:
        try:
            with short_address(self.path) as address:
                return await trio.open_unix_socket(address)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NoGateway from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise ControlUnavailable(f"The gateway's socket {self.path} is of no use: {reason}.") from error
