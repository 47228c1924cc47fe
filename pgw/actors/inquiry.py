"""One call to the bank about what is in doubt, and the timeline's entry of it."""

from datetime import datetime
from typing import Generic, TypeVar

from attrs import frozen

from pgw.actors import happenings
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


@frozen
class _Beginning:
    """When the bank began to be asked, by both clocks."""

    wall: datetime
    monotonic: float

    @staticmethod
    def of(ports: PaymentPorts) -> "_Beginning":
        return _Beginning(ports.clock.now(), ports.clock.monotonic())

    @property
    def submit_by(self) -> float:
        """Until when a session is waited for, in monotonic seconds."""
        return self.monotonic + WAIT_FOR_SESSION_SECONDS


async def found(ports: PaymentPorts, change: Change) -> Inquiry[Finding]:
    """Look up what became of it."""
    call = LookUp(change.attempt.reference, is_operation=not change.job.is_payment)
    began = _Beginning.of(ports)
    answer = await ports.bank.perform(call, submit_by=began.submit_by)
    return Inquiry(answer, _entry(ports, Happening.LOOKED_UP, call.reference, answer, began))


async def reversed_(ports: PaymentPorts, change: Change) -> Inquiry[Reversal]:
    """Ask for its reversal."""
    call = Reverse(change.attempt.reference)
    began = _Beginning.of(ports)
    answer = await ports.bank.perform(call, submit_by=began.submit_by)
    return Inquiry(answer, _entry(ports, Happening.REVERSED, call.reference, answer, began))


async def repeated(ports: PaymentPorts, change: Change) -> Inquiry[OperationAnswer]:
    """Ask for the same once more."""
    call = call_for(change)
    began = _Beginning.of(ports)
    answer = await ports.bank.perform(call, submit_by=began.submit_by)
    return Inquiry(answer, _entry(ports, Happening.SUBMITTED, call.reference, answer, began))


def _entry(
    ports: PaymentPorts, what: Happening, reference: str, answer: Answer, began: _Beginning
) -> TimelineEntry:
    seconds = ports.clock.monotonic() - began.monotonic
    return happenings.asked(what, reference, answer, began.wall, seconds)
