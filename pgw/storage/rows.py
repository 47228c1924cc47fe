"""Domain to rows, and back by cattrs. What was stored is trusted: plain constructors, no `create()`."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import cattrs
from attrs import frozen

from pgw.domain.attempt import Attempt
from pgw.domain.event import Event
from pgw.domain.flag import Flag
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job, JobEvent, event_type
from pgw.domain.payment import Payment
from pgw.domain.times import from_milliseconds, milliseconds
from pgw.domain.webhook import ENDPOINT_DISABLED, EndpointDisabled, WebhookEndpoint
from pgw.storage.port import Change
from pgw.storage.timeline_rows import EntryRow, entry_rows

Value = TypeVar("Value")
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_UNESCAPED = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

_converter = cattrs.Converter()
_converter.register_structure_hook(datetime, lambda stored, _: from_milliseconds(stored))


@frozen
class ChangeRows:
    """A change as the rows to write, their columns in the order of the tables.

    One that the merchant is not told of has no payment, job or event: they are as they were. `entries` are
    the timeline's, which are numbered and sealed as they are written.
    """

    merchant_id: str
    attempt: list[Any] | None = None
    payment: list[Any] | None = None
    job: list[Any] | None = None
    event: list[Any] | None = None
    flag: list[Any] | None = None
    claim: list[Any] | None = None
    entries: Sequence[EntryRow] = ()


def change_to_rows(change: Change | WebhookEndpoint) -> ChangeRows:
    if isinstance(change, WebhookEndpoint):
        return _disabled_to_rows(change)
    merchant_id, attempt = change.job.merchant_id, _attempt_row(change.attempt)
    flag, entries = _flag_row(change.flag) if change.flag else None, entry_rows(change)
    if not change.is_told:
        return ChangeRows(merchant_id, attempt, flag=flag, entries=entries)
    claim = _claim_row(change.claim, change.job) if change.claim else None
    payment, job, event = _payment_row(change.payment), _job_row(change.job), _event_row(change)
    return ChangeRows(merchant_id, attempt, payment, job, event, flag, claim, entries)


def _disabled_to_rows(endpoint: WebhookEndpoint) -> ChangeRows:
    """Return the event alone: the endpoint is disabled by it, at its place among the others."""
    nothing_of_a_job = [None] * 5
    at, nothing_of_a_payment = milliseconds(endpoint.updated_at), [None] * 3
    event = [endpoint.merchant_id, ENDPOINT_DISABLED, *nothing_of_a_job, at, *nothing_of_a_payment]
    return ChangeRows(endpoint.merchant_id, event=[*event, endpoint_document(endpoint), None])


def endpoint_document(endpoint: WebhookEndpoint) -> dict[str, Any]:
    document: dict[str, Any] = _converter.unstructure(endpoint)
    return document


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
        milliseconds(payment.created_at),
        milliseconds(payment.updated_at),
        payment.authorization_reference,
        payment.capturing,
        payment.refunding,
        int(payment.is_voiding),
        payment.void_reason,
        payment.expires_at and milliseconds(payment.expires_at),
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
        milliseconds(job.created_at),
        milliseconds(job.updated_at),
        int(job.is_final),
        job.reason,
        job.void_reason,
        job.failure and job.failure.decline_code,
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
        milliseconds(attempt.created_at),
        milliseconds(attempt.updated_at),
        attempt.due_at and milliseconds(attempt.due_at),
        attempt.inquiries,
        attempt.failure,
        attempt.settled_because,
    ]


def _flag_row(flag: Flag) -> list[Any]:
    return [flag.job_id, flag.code, flag.detail, milliseconds(flag.raised_at)]


def _claim_row(claim: Claim, job: Job) -> list[Any]:
    return [
        job.merchant_id,
        claim.key,
        claim.fingerprint,
        job.id,
        claim.answer,
        milliseconds(job.created_at),
        claim.subject_id,
    ]


def _event_row(change: Change) -> list[Any]:
    """Return the event's columns but for its `seq`."""
    job, payment = change.job, change.payment
    return [
        job.merchant_id,
        event_type(job),
        job.id,
        job.status,
        job.payment_status,
        job.failure and job.failure.code,
        job.failure and job.failure.detail,
        milliseconds(job.updated_at),
        payment.captured,
        payment.refunded,
        payment.decline_code,
        None,
        payment.expires_at and milliseconds(payment.expires_at),
    ]


_converter.register_unstructure_hook(datetime, milliseconds)


def event_of(seq: int, change: Change | WebhookEndpoint) -> Event:
    """Return the event that was committed with a change, or with an endpoint that the gateway disabled."""
    if isinstance(change, WebhookEndpoint):
        return EndpointDisabled(seq, change)
    return JobEvent(seq, event_type(change.job), change.job)


def to_json(rows: object) -> str:
    return _ENCODER.encode(rows)


def to_write(rows: object) -> str:
    """Return rows as JSON to be written, in which half of a surrogate pair raises `UnicodeEncodeError`.

    Escaped, SQLite would take it in as bytes that nothing can read back.
    """
    return _UNESCAPED.encode(rows)


class RowUnreadable(Exception):
    """What was stored has not the shape of what is read: damage, or another program's doing."""

    def __init__(self, kind: str, row_id: str) -> None:
        super().__init__(f"{kind} {row_id} cannot be read as it was stored")
        self.id = row_id


def from_row(document: str | Mapping[str, Any], kind: type[Value]) -> Value:
    """Read one row, which the statement made into a document of the same shape as the value."""
    row = json.loads(document) if isinstance(document, str) else document
    return _converter.structure(row, kind)


def event_from(row: Mapping[str, Any]) -> Event:
    """Read an event of a job, or of an endpoint."""
    if row["job"] is None:
        return _converter.structure(row, EndpointDisabled)
    return _converter.structure(row, JobEvent)


def from_row_or_why(row: Mapping[str, Any], kind: type[Value], row_id: str) -> Value | RowUnreadable:
    """Read one of many rows, of which a bad one is to spoil no other."""
    try:
        return from_row(row, kind)
    except Exception as error:  # noqa: BLE001 - whatever a converter makes of what it does not know
        unreadable = RowUnreadable(kind.__name__, row_id)
        unreadable.__cause__ = error
        return unreadable


def from_rows(document: str, kind: type[Value]) -> list[Value]:
    """Read a whole answer, which the statement made into one JSON array."""
    return [_converter.structure(row, kind) for row in json.loads(document)]
