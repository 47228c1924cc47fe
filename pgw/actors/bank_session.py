from collections.abc import Iterator
from contextlib import contextmanager

import trio
from attrs import define, field

from pgw.actors.backoff import Backoff
from pgw.actors.mailbox import Reply
from pgw.bank.port import Answer, BankConnection, BankConnector, Call, Doubtful, NotSent


@define(eq=False)
class PendingCall:
    """A call that waits for a session; its sender may withdraw it until one takes it."""

    call: Call
    reply_to: Reply[Answer] = field(factory=Reply)
    taken: bool = False
    withdrawn: bool = False


@define(eq=False)
class Sessions:
    """How many sessions of a bank there are, and for how many calls.

    `calls` wait or are at work; `resting` sessions wait before they reconnect, and take none meanwhile.
    """

    running: int = 0
    resting: int = 0
    calls: int = 0

    @property
    def are_enough(self) -> bool:
        return self.calls <= self.running - self.resting


async def bank_session(
    connector: BankConnector,
    calls: trio.MemoryReceiveChannel[PendingCall],
    sessions: Sessions,
    *,
    backoff: Backoff,
    retire_after: float,
) -> None:
    """Own one kept-alive connection to the bank and perform one call at a time.

    Retires after `retire_after` seconds without a call, which is before the bank would close the connection
    and make the next call's fate ambiguous. While the bank cannot be reached it waits between calls.
    """
    async with connector.connection() as connection:
        failures = 0
        while True:
            pending = None
            with trio.move_on_after(retire_after):
                pending = await calls.receive()
            if pending is None:
                return
            if pending.withdrawn:
                sessions.calls -= 1
                continue
            failures = 0 if await _reached(connection, pending, sessions) else failures + 1
            if failures:
                with _resting(sessions):
                    await trio.sleep(backoff.delay(failures))


async def _reached(connection: BankConnection, pending: PendingCall, sessions: Sessions) -> bool:
    """Perform the call and answer it, whatever happens; tell whether the bank could be reached."""
    pending.taken = True
    answer: Answer = Doubtful("the bank session ended before the answer came")
    try:
        answer = await connection.perform(pending.call)
    finally:
        sessions.calls -= 1
        pending.reply_to.answer(answer)
    return not isinstance(answer, NotSent)


@contextmanager
def _resting(sessions: Sessions) -> Iterator[None]:
    sessions.resting += 1
    try:
        yield
    finally:
        sessions.resting -= 1
