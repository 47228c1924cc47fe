from collections.abc import Mapping
from types import UnionType

import trio
from attrs import define, field

from pgw.actors.circuit import Circuit, Permit
from pgw.actors.mailbox import Reply
from pgw.bank.port import (
    Answer,
    Authorization,
    Authorize,
    BankConnection,
    BankConnector,
    Call,
    Capture,
    Doubtful,
    Finding,
    LookUp,
    OperationAnswer,
    Refund,
    Reversal,
    Reverse,
    Void,
)
from pgw.measures import Measures
from pgw.ports import Clock

ANSWERS: Mapping[type[Call], UnionType] = {
    Authorize: Authorization,
    Capture: OperationAnswer,
    Void: OperationAnswer,
    Refund: OperationAnswer,
    LookUp: Finding,
    Reverse: Reversal,
}
"""What each kind of call can be answered."""


@define(eq=False)
class PendingCall:
    """A call that waits for a session; its sender may withdraw it until one takes it.

    Its permit is its sender's to give back until then, and the session's afterwards.
    """

    call: Call
    permit: Permit
    reply_to: Reply[Answer] = field(factory=Reply)
    taken: bool = False
    withdrawn: bool = False


@define(eq=False)
class Sessions:
    """How many sessions of a bank there are, and for how many calls, which wait or are at work."""

    running: int = 0
    calls: int = 0

    @property
    def are_enough(self) -> bool:
        return self.calls <= self.running


async def bank_session(
    connector: BankConnector,
    calls: trio.MemoryReceiveChannel[PendingCall],
    sessions: Sessions,
    circuit: Circuit,
    *,
    retire_after: float,
    clock: Clock,
    measures: Measures,
) -> None:
    """Own one kept-alive connection to the bank and perform one call at a time.

    Retires after `retire_after` seconds without a call, which is before the bank would close the connection
    and make the next call's fate ambiguous. While the circuit is open it refuses the calls that wait.
    """
    async with connector.connection() as connection:
        while True:
            pending = None
            with trio.move_on_after(retire_after):
                pending = await calls.receive()
            if pending is None:
                return
            try:
                if not pending.withdrawn:
                    await _take(connection, pending, circuit, clock, measures)
            finally:
                sessions.calls -= 1


async def _take(
    connection: BankConnection, pending: PendingCall, circuit: Circuit, clock: Clock, measures: Measures
) -> None:
    """Perform the call, unless the circuit opened while it waited, and answer it whatever happens."""
    pending.taken = True
    permit = circuit.renew(pending.permit)
    if permit is None:
        pending.reply_to.answer(circuit.refusal)
        return
    answer: Answer = Doubtful("the bank session ended before the answer came")
    began = clock.monotonic()
    try:
        answer = of_its_kind(pending.call, await connection.perform(pending.call))
        measures.bank_called(type(pending.call), type(answer), clock.monotonic() - began)
        circuit.record(permit, pending.call.reference, answer)
    finally:
        pending.reply_to.answer(answer)
        # Without an outcome, by a crash or a cancellation, the bank was not tried.
        circuit.give_back(permit)


def of_its_kind(call: Call, answer: Answer) -> Answer:
    """Return the answer if the call can have it. Any other is a connector's bug, which proves nothing."""
    if isinstance(answer, ANSWERS[type(call)]):
        return answer
    return Doubtful(f"{type(answer).__name__} is no answer to {type(call).__name__}")
