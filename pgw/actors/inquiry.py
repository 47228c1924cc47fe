"""One call to the bank about what is in doubt, and the timeline's entry of it."""

from typing import Generic, TypeVar

from attrs import frozen

from pgw.actors.happenings import Asking
from pgw.actors.operation import call_for
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.port import Answer, Finding, LookUp, OperationAnswer, Reversal, Reverse
from pgw.domain.timeline import Happening, TimelineEntry
from pgw.storage.port import Change

WAIT_FOR_SESSION_SECONDS = 60.0
Answered = TypeVar("Answered", bound=Answer, covariant=True)


@frozen
class Inquiry(Generic[Answered]):
    """What the bank answered, and how the timeline tells it."""

    answer: Answered
    entry: TimelineEntry


async def found(ports: PaymentPorts, change: Change) -> Inquiry[Finding]:
    """Look up what became of it."""
    call = LookUp(change.attempt.reference, is_operation=not change.job.is_payment)
    asking = Asking.begun(ports.clock)
    answer = await ports.bank.perform(call, submit_by=asking.monotonic + WAIT_FOR_SESSION_SECONDS)
    return Inquiry(answer, asking.answered(Happening.LOOKED_UP, call.reference, answer))


async def reversed_(ports: PaymentPorts, change: Change) -> Inquiry[Reversal]:
    """Ask for its reversal."""
    call = Reverse(change.attempt.reference)
    asking = Asking.begun(ports.clock)
    answer = await ports.bank.perform(call, submit_by=asking.monotonic + WAIT_FOR_SESSION_SECONDS)
    return Inquiry(answer, asking.answered(Happening.REVERSED, call.reference, answer))


async def repeated(ports: PaymentPorts, change: Change) -> Inquiry[OperationAnswer]:
    """Ask for the same once more."""
    call = call_for(change)
    asking = Asking.begun(ports.clock)
    answer = await ports.bank.perform(call, submit_by=asking.monotonic + WAIT_FOR_SESSION_SECONDS)
    return Inquiry(answer, asking.answered(Happening.SUBMITTED, call.reference, answer))
