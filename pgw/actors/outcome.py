"""What an answer of the bank means for a payment, or for an operation on one."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

import structlog
from attrs import evolve

from pgw.actors import happenings
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.port import (
    Accepted,
    Answer,
    Authorization,
    Authorized,
    BankFeature,
    Declined,
    Doubtful,
    NotProcessed,
    NotSent,
    OperationAnswer,
    Rejected,
)
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.decline import DeclineCode
from pgw.domain.errors import FailureCode
from pgw.domain.flag import Flag, FlagCode
from pgw.domain.job import JobFailure, JobType
from pgw.domain.payment import Payment, VoidReason
from pgw.storage.port import Change

DETAILS = {
    FailureCode.BANK_REJECTED: "The bank refused the request as malformed.",
    FailureCode.BANK_UNAVAILABLE: "The bank took no request in time.",
    FailureCode.INTERRUPTED: "The bank's answer was lost, and the request was reversed.",
    FailureCode.SETTLED_BY_OPERATOR: "An operator found that no money moved.",
    FailureCode.CAPTURE_DECLINED: "The bank declined the capture.",
    FailureCode.VOID_DECLINED: "The bank declined the void.",
    FailureCode.REFUND_DECLINED: "The bank declined the refund.",
}
DECLINED_AS: Mapping[JobType, FailureCode] = {
    JobType.CAPTURE: FailureCode.CAPTURE_DECLINED,
    JobType.VOID: FailureCode.VOID_DECLINED,
    JobType.REFUND: FailureCode.REFUND_DECLINED,
}
_log = structlog.get_logger()


def outcome_of(
    ports: PaymentPorts,
    change: Change,
    answer: Authorization | OperationAnswer,
    tries: int,
    *,
    was_refused: bool = False,
) -> Change:
    """Judge what the bank's answer, the last of so many tries, means.

    A void that any try left in doubt is never taken back, but repeated until it is answered.
    """
    now, attempt = ports.clock.now(), change.attempt
    match answer:
        case Authorized() | Accepted():
            return succeeding(ports, change, _answered(attempt, answer, tries, now), now)
        case Declined(DeclineCode.ALREADY_VOIDED) if _may_have_voided(change, was_refused=was_refused):
            # By an earlier try of this very void: nobody else voids while it is open.
            return succeeding(ports, change, _answered(attempt, answer, tries, now), now)
        case Declined(decline_code):
            return declining(change, decline_code, _answered(attempt, answer, tries, now), now)
        case Rejected() | NotSent() | NotProcessed():
            return _refused(ports, change, answer, tries, was_refused=was_refused)
        case Doubtful(reason):
            _log.warning("OutcomeUnknown", JobId=change.job.id, Reason=reason, Tries=tries)
            return doubting(change, attempt.doubted(tries, now, _asked_at(ports, change)), now)
        case _:
            assert_never(answer)


def _answered(attempt: Attempt, answer: Answer, tries: int, at: datetime) -> Attempt:
    code = answer.authorization_code if isinstance(answer, Authorized) else None
    return attempt.ended(AttemptOutcome.ANSWERED, tries, at, code)


def _refused(
    ports: PaymentPorts,
    change: Change,
    answer: Rejected | NotSent | NotProcessed,
    tries: int,
    *,
    was_refused: bool,
) -> Change:
    """Judge what the bank did not take: it has failed, unless an earlier try may still be on its way."""
    now, attempt, is_rejected = ports.clock.now(), change.attempt, isinstance(answer, Rejected)
    code = FailureCode.BANK_REJECTED if is_rejected else FailureCode.BANK_UNAVAILABLE
    if _is_to_be_repeated(change, is_rejected=is_rejected, was_refused=was_refused):
        return doubting(change, attempt.doubted(tries, now, ports.due_after(1)), now)
    if was_refused and BankFeature.REVERSE in ports.bank.features:
        # Who answered 503 need not be who would process what was on its way behind it.
        return doubting(change, attempt.to_be_reversed(code, tries, now), now)
    outcome = AttemptOutcome.ANSWERED if is_rejected else AttemptOutcome.NOT_PROCESSED
    return failing(change, code, attempt.ended(outcome, tries, now), now)


def _may_have_voided(change: Change, *, was_refused: bool) -> bool:
    """Tell whether an earlier try of a void may have taken effect, of which its answer said nothing."""
    is_in_doubt = change.attempt.outcome is AttemptOutcome.DOUBTFUL
    return change.job.type is JobType.VOID and (is_in_doubt or was_refused)


def _is_to_be_repeated(change: Change, *, is_rejected: bool, was_refused: bool) -> bool:
    """Tell whether a void is to be tried on: one that may have arrived, or that nobody waits for."""
    is_void, has_expired = change.job.type is JobType.VOID, change.job.void_reason is VoidReason.EXPIRED
    return is_void and (was_refused or (has_expired and not is_rejected))


def _asked_at(ports: PaymentPorts, change: Change) -> datetime | None:
    """Return when to ask about what is in doubt; a void is repeated, which every bank takes."""
    can_be_asked = change.job.type is JobType.VOID or BankFeature.LOOK_UP in ports.bank.features
    return ports.due_after(1) if can_be_asked else None


def succeeding(ports: PaymentPorts, change: Change, attempt: Attempt, at: datetime) -> Change:
    """Follow the bank's yes, or an operator's."""
    payment, job = change.payment, change.job
    if job.is_payment:
        return following(change, payment.authorized(at, at + ports.authorized_for), attempt)
    payment, job = job.completed(payment, at)
    return Change(payment, job, attempt)


def declining(change: Change, decline_code: DeclineCode, attempt: Attempt, at: datetime) -> Change:
    """Follow the bank's no: a payment is `Declined`, and its job done; an operation has failed."""
    if change.job.is_payment:
        return following(change, change.payment.declined(decline_code, at), attempt)
    code = DECLINED_AS[change.job.type]
    return _failing(change, JobFailure(code, DETAILS[code], decline_code), attempt, at)


def failing(change: Change, code: FailureCode, attempt: Attempt, at: datetime) -> Change:
    """Follow proof that no money moved."""
    return _failing(change, JobFailure(code, DETAILS[code]), attempt, at)


def _failing(change: Change, failure: JobFailure, attempt: Attempt, at: datetime) -> Change:
    payment, job = change.job.failed(change.payment, failure, at)
    failed = Change(payment, job, attempt)
    if job.void_reason is not VoidReason.EXPIRED:
        return failed
    # It is not tried again, so what was to be free by now stays reserved.
    detail = f"The expired authorization was not voided: {failure.decline_code or failure.code}."
    flag = Flag(job.id, FlagCode.EXPIRY_REFUSED, detail, at)
    return evolve(failed, flag=flag, entries=(happenings.flagged(flag),))


def doubting(change: Change, attempt: Attempt, at: datetime) -> Change:
    """Follow what leaves the outcome open: only an authorization makes the payment `Unknown`."""
    if not change.job.is_payment:
        return Change(change.payment, change.job, attempt, is_told=False)
    return following(change, change.payment.doubted(at), attempt)


def following(change: Change, payment: Payment, attempt: Attempt) -> Change:
    """Follow a transition of the payment that the job is to pay."""
    return Change(payment, change.job.following(payment), attempt)
