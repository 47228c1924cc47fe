"""What an answer of the bank means for a payment."""

from datetime import datetime
from typing import assert_never

import structlog

from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.port import (
    Authorization,
    Authorized,
    BankFeature,
    Declined,
    Doubtful,
    NotProcessed,
    NotSent,
    Rejected,
)
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.job import JobFailure
from pgw.domain.payment import Payment
from pgw.storage.port import Change

DETAILS = {
    FailureCode.BANK_REJECTED: "The bank refused the request as malformed.",
    FailureCode.BANK_UNAVAILABLE: "The bank took no request in time.",
    FailureCode.INTERRUPTED: "The bank's answer was lost, and the request was reversed.",
    FailureCode.SETTLED_BY_OPERATOR: "An operator found that no money moved.",
}
_log = structlog.get_logger()


def outcome_of(
    ports: PaymentPorts, change: Change, answer: Authorization, tries: int, *, was_refused: bool = False
) -> Change:
    """Judge what the bank's answer, the last of so many tries, means for the payment."""
    now = ports.clock.now()
    payment, attempt = change.payment, change.attempt
    match answer:
        case Authorized(code):
            attempt = attempt.ended(AttemptOutcome.ANSWERED, tries, now, code)
            return following(change, payment.authorized(now), attempt)
        case Declined(decline_code):
            attempt = attempt.ended(AttemptOutcome.ANSWERED, tries, now)
            return following(change, payment.declined(decline_code, now), attempt)
        case Rejected() | NotSent() | NotProcessed():
            is_rejected = isinstance(answer, Rejected)
            code = FailureCode.BANK_REJECTED if is_rejected else FailureCode.BANK_UNAVAILABLE
            if was_refused and BankFeature.REVERSE in ports.bank.features:
                # Who answered 503 need not be who would process what was on its way behind it.
                return following(change, payment.doubted(now), attempt.to_be_reversed(code, tries, now))
            outcome = AttemptOutcome.ANSWERED if is_rejected else AttemptOutcome.NOT_PROCESSED
            return failing(change, code, attempt.ended(outcome, tries, now), now)
        case Doubtful(reason):
            _log.warning("OutcomeUnknown", JobId=change.job.id, Reason=reason, Tries=tries)
            can_be_asked = BankFeature.LOOK_UP in ports.bank.features
            due_at = ports.due_after(1) if can_be_asked else None
            return following(change, payment.doubted(now), attempt.doubted(tries, now, due_at))
        case _:
            assert_never(answer)


def following(change: Change, payment: Payment, attempt: Attempt) -> Change:
    return Change(payment, change.job.following(payment), attempt)


def failing(change: Change, code: FailureCode, attempt: Attempt, at: datetime) -> Change:
    payment, failure = change.payment.failed(at), JobFailure(code, DETAILS[code])
    return Change(payment, change.job.following(payment, failure), attempt)
