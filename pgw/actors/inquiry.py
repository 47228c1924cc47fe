"""One call to the bank about what is in doubt, and the timeline's entry of it."""

from collections.abc import Awaitable
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


async def found(ports: PaymentPorts, change: Change) -> Inquiry[Finding]:
    """Look up what became of it."""
    call = LookUp(change.attempt.reference, is_operation=not change.job.is_payment)
    asked = ports.bank.perform(call, submit_by=_submit_by(ports))
    return await _inquire(ports, change, Happening.LOOKED_UP, asked)


async def reversed_(ports: PaymentPorts, change: Change) -> Inquiry[Reversal]:
    """Ask for its reversal."""
    asked = ports.bank.perform(Reverse(change.attempt.reference), submit_by=_submit_by(ports))
    return await _inquire(ports, change, Happening.REVERSED, asked)


async def repeated(ports: PaymentPorts, change: Change) -> Inquiry[OperationAnswer]:
    """Ask for the same once more."""
    asked = ports.bank.perform(call_for(change), submit_by=_submit_by(ports))
    return await _inquire(ports, change, Happening.SUBMITTED, asked)


def _submit_by(ports: PaymentPorts) -> float:
    return ports.clock.monotonic() + WAIT_FOR_SESSION_SECONDS


async def _inquire(
    ports: PaymentPorts, change: Change, what: Happening, asked: Awaitable[Answered]
) -> Inquiry[Answered]:
    at, began = ports.clock.now(), ports.clock.monotonic()
    answer = await asked
    seconds = ports.clock.monotonic() - began
    return Inquiry(answer, happenings.asked(what, change.attempt.reference, answer, at, seconds))
