"""What happens to a payment, as entries of its timeline."""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from pgw.bank.port import (
    Accepted,
    Answer,
    Authorized,
    Declined,
    Doubtful,
    NeverSeen,
    NotProcessed,
    NotReversible,
    NotSent,
    Pending,
    Rejected,
    Reversed,
)
from pgw.domain.attempt import Attempt
from pgw.domain.flag import Flag
from pgw.domain.job import Job
from pgw.domain.payment import VoidReason
from pgw.domain.timeline import By, Fact, Happening, TimelineEntry
from pgw.ports import Clock

_ANSWERS: Mapping[type[Answer], str] = {
    Authorized: "authorized",
    Accepted: "accepted",
    Declined: "declined",
    Rejected: "rejected",
    NotSent: "notSent",
    NotProcessed: "notProcessed",
    Doubtful: "noCleanAnswer",
    Pending: "pending",
    NeverSeen: "neverSeen",
    Reversed: "reversed",
    NotReversible: "notReversible",
}


def begun(job: Job, attempt: Attempt) -> tuple[TimelineEntry, ...]:
    """Tell what was asked for, and that the bank is to be asked under a reference of ours."""
    by = By.GATEWAY if job.void_reason is VoidReason.EXPIRED else By.MERCHANT
    amount = job.amount
    asked: dict[str, Fact] = {
        "operation": job.type,
        "requestId": job.request_id,
        "amount": amount.minor_units,
        "currency": amount.currency.code,
        "exponent": amount.currency.exponent,
        "reference": attempt.reference,
    }
    if job.reason is not None:
        asked["reason"] = job.reason
    if job.void_reason is not None:
        asked["voidReason"] = job.void_reason
    return (TimelineEntry(Happening.REQUESTED, by, job.created_at, asked),)


@frozen
class Asking:
    """When the bank began to be asked, by both clocks."""

    clock: Clock
    wall: datetime
    monotonic: float

    @staticmethod
    def begun(clock: Clock) -> "Asking":
        return Asking(clock, clock.now(), clock.monotonic())

    def answered(self, what: Happening, reference: str, answer: Answer, **facts: Fact) -> TimelineEntry:
        """Tell what the bank was asked then, and how it answered by now, or did not."""
        told: dict[str, Fact] = {"reference": reference, **_said(answer), **facts}
        took = round((self.clock.monotonic() - self.monotonic) * 1000)
        return TimelineEntry(what, By.BANK, self.wall, {**told, "milliseconds": took})


def _said(answer: Answer) -> dict[str, Fact]:
    told: dict[str, Fact] = {"answer": _ANSWERS[type(answer)]}
    match answer:
        case Authorized(code):
            told["authorizationCode"] = code
        case Declined(code, bank_code):
            told["declineCode"] = code
            if bank_code is not None:
                told["bankCode"] = bank_code
        case NotSent(reason) | Doubtful(reason):
            told["detail"] = reason
    return told


def reversal_intended(attempt: Attempt) -> TimelineEntry:
    """Tell that from now on no approval is taken over."""
    facts: dict[str, Fact] = {"reference": attempt.reference, "because": attempt.failure}
    return TimelineEntry(Happening.REVERSAL_INTENDED, By.GATEWAY, attempt.updated_at, facts)


def settled(attempt: Attempt, verdict: str) -> TimelineEntry:
    facts: dict[str, Fact] = {
        "reference": attempt.reference,
        "verdict": verdict,
        "reason": attempt.settled_because,
    }
    return TimelineEntry(Happening.SETTLED, By.OPERATOR, attempt.updated_at, facts)


def flagged(flag: Flag) -> TimelineEntry:
    facts: dict[str, Fact] = {"flag": flag.code, "detail": flag.detail}
    return TimelineEntry(Happening.FLAGGED, By.GATEWAY, flag.raised_at, facts)
