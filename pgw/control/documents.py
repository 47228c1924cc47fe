"""What commands answer with, as JSON documents. Amounts are exact decimals, times RFC 3339 in UTC."""

from datetime import UTC, datetime

import cattrs

from pgw.actors.settlement import Verdict
from pgw.control.answers import Document
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.flag import Flag
from pgw.domain.job import JobType
from pgw.storage.books import BookEntry
from pgw.storage.port import Change, Unresolved

_converter = cattrs.Converter()


def unresolved_document(one: Unresolved) -> Document:
    change = one.change
    attempt = change.attempt
    return _of_change(change) | {
        "since": timestamp(change.job.updated_at),
        "reference": attempt.reference,
        "outcome": attempt.outcome,
        "known": what_is_known(attempt, is_void=change.job.type is JobType.VOID),
        "inquiries": attempt.inquiries,
        "nextInquiryAt": attempt.due_at and timestamp(attempt.due_at),
        "flags": [_flag_document(flag) for flag in one.flags],
    }


def settled_document(change: Change, verdict: Verdict) -> Document:
    is_watched = change.attempt.due_at is not None
    return _of_change(change) | {"verdict": verdict, "isWatched": is_watched}


def book_document(entry: BookEntry) -> Document:
    document: Document = _converter.unstructure(entry)
    return document


def book_entry(document: Document) -> BookEntry:
    return _converter.structure(document, BookEntry)


def timestamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def what_is_known(attempt: Attempt, *, is_void: bool = False) -> str:  # noqa: PLR0911 - one for each outcome
    """Say in some words what the gateway knows of what became of its request, and what it does about it."""
    inquired = "repeated" if is_void else "looked up"
    asked = "once" if attempt.inquiries == 1 else f"{attempt.inquiries} times"
    match attempt.outcome:
        case AttemptOutcome.INTENDED:
            return f"interrupted; to be {inquired}"
        case AttemptOutcome.DOUBTFUL if attempt.due_at is None:
            return "the bank cannot be asked"
        case AttemptOutcome.DOUBTFUL:
            return f"{inquired} {asked}" if attempt.inquiries else f"to be {inquired}"
        case AttemptOutcome.REVERSING:
            return f"being reversed, tried {asked}" if attempt.inquiries else "being reversed"
        case AttemptOutcome.NOT_REVERSIBLE:
            return "not reversible, says the bank"
        case AttemptOutcome.REVERSED:
            return "reversed"
        case AttemptOutcome.SETTLED:
            return f"settled by an operator: {attempt.settled_because}"
        case AttemptOutcome.ANSWERED:
            return "answered by the bank"
        case AttemptOutcome.NOT_PROCESSED:
            return "never processed by the bank"


def _of_change(change: Change) -> Document:
    payment, job = change.payment, change.job
    return {
        "jobId": job.id,
        "paymentId": payment.id,
        "merchantId": payment.merchant_id,
        "jobStatus": job.status,
        "operation": job.type,
        "paymentStatus": payment.status,
        "amount": job.amount.major_units,
        "currency": job.amount.currency.code,
    }


def _flag_document(flag: Flag) -> Document:
    return {"code": flag.code, "detail": flag.detail, "raisedAt": timestamp(flag.raised_at)}
