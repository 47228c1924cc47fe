"""What rests in storage, as an earlier life of the gateway left it."""

from datetime import datetime
from itertools import count

from attrs import evolve

from pgw.actors.outcome import failing, following
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job
from pgw.domain.payment import Payment
from pgw.storage.port import Change
from tests.actors.orders import an_order

_numbers = count(1)


def accepted(at: datetime, minor_units: int = 1050) -> Change:
    number = f"{next(_numbers):06}"
    payment = Payment.ordered(f"pay_{number}", "mer_a", an_order(minor_units), "bank", at, reference="ref_1")
    job = Job.opened(f"job_{number}", payment, "req_1")
    return Change(payment, job, Attempt.intended(f"ref_{number}", payment.id, job.id, "bank", at))


def at_rest(outcome: AttemptOutcome, due_at: datetime, inquiries: int = 0) -> Change:
    """Return a payment with that outcome, due then, which was asked about so many times."""
    change = accepted(due_at)
    if outcome is AttemptOutcome.INTENDED:
        return evolve(change, attempt=evolve(change.attempt, due_at=due_at))
    doubted = following(change, change.payment.doubted(due_at), change.attempt.doubted(1, due_at, due_at))
    match outcome:
        case AttemptOutcome.DOUBTFUL:
            change = doubted
        case AttemptOutcome.REVERSING:
            attempt = doubted.attempt.to_be_reversed(FailureCode.INTERRUPTED, 1, due_at)
            change = evolve(doubted, attempt=attempt)
        case AttemptOutcome.SETTLED:
            attempt = doubted.attempt.settled("the bank said so", due_at, due_at)
            change = failing(doubted, FailureCode.SETTLED_BY_OPERATOR, attempt, due_at)
        case _:
            raise AssertionError(f"{outcome} does not rest")
    return evolve(change, attempt=evolve(change.attempt, inquiries=inquiries))
