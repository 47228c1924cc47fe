"""Domain to rows, and back by cattrs. What was stored is trusted: plain constructors, no `create()`."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import cattrs
from attrs import frozen

from pgw.domain.attempt import Attempt
from pgw.domain.job import Job, JobEvent, event_type
from pgw.domain.payment import Payment
from pgw.storage.port import Change

Value = TypeVar("Value")
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_UNESCAPED = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_converter = cattrs.Converter()
_converter.register_structure_hook(datetime, lambda stored, _: _EPOCH + stored * _MILLISECOND)


@frozen
class ChangeRows:
    """A change as the rows to write, their columns in the order of the tables."""

    merchant_id: str
    payment: list[Any]
    job: list[Any]
    attempt: list[Any]
    event: list[Any]


def change_to_rows(change: Change) -> ChangeRows:
    return ChangeRows(
        change.job.merchant_id,
        _payment_row(change.payment),
        _job_row(change.job),
        _attempt_row(change.attempt),
        _event_row(change.job),
    )


def _payment_row(payment: Payment) -> list[Any]:
    amount, card = payment.amount, payment.card
    return [
        payment.id,
        payment.merchant_id,
        payment.status,
        amount.minor_units,
        amount.currency.code,
        amount.currency.exponent,
        int(payment.capture),
        payment.captured,
        payment.refunded,
        card.last_four,
        card.brand,
        card.expiry.month,
        card.expiry.year,
        payment.description,
        payment.reference,
        to_json(payment.metadata),
        payment.bank,
        payment.decline_code,
        _milliseconds(payment.created_at),
        _milliseconds(payment.updated_at),
    ]


def _job_row(job: Job) -> list[Any]:
    return [
        job.id,
        job.merchant_id,
        job.type,
        job.status,
        job.payment_id,
        job.payment_status,
        job.amount.minor_units,
        job.amount.currency.code,
        job.amount.currency.exponent,
        job.failure and job.failure.code,
        job.failure and job.failure.detail,
        job.request_id,
        _milliseconds(job.created_at),
        _milliseconds(job.updated_at),
    ]


def _attempt_row(attempt: Attempt) -> list[Any]:
    return [
        attempt.reference,
        attempt.payment_id,
        attempt.job_id,
        attempt.bank,
        attempt.outcome,
        attempt.tries,
        attempt.authorization_code,
        _milliseconds(attempt.created_at),
        _milliseconds(attempt.updated_at),
    ]


def _event_row(job: Job) -> list[Any]:
    """Return the event's columns but for its `seq`."""
    return [
        job.merchant_id,
        event_type(job),
        job.id,
        job.status,
        job.payment_status,
        job.failure and job.failure.code,
        job.failure and job.failure.detail,
        _milliseconds(job.updated_at),
    ]


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def event_of(seq: int, change: Change) -> JobEvent:
    return JobEvent(seq, event_type(change.job), change.job)


def to_json(rows: object) -> str:
    return _ENCODER.encode(rows)


def to_write(rows: object) -> str:
    """Return rows as JSON to be written, in which half of a surrogate pair raises `UnicodeEncodeError`.

    Escaped, SQLite would take it in as bytes that nothing can read back.
    """
    return _UNESCAPED.encode(rows)


def from_row(document: str | Mapping[str, Any], kind: type[Value]) -> Value:
    """Read one row, which the statement made into a document of the same shape as the value."""
    row = json.loads(document) if isinstance(document, str) else document
    return _converter.structure(row, kind)


def from_rows(document: str, kind: type[Value]) -> list[Value]:
    """Read a whole answer, which the statement made into one JSON array."""
    return [_converter.structure(row, kind) for row in json.loads(document)]
