"""What the database holds, read at once and for the oracle alone."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from pgw.domain.event import Event
from pgw.domain.job import JobEvent, JobStatus, JobType
from pgw.domain.times import milliseconds


@frozen
class Booked:
    """A job with its attempt, and the status of its payment. `amount` is the job's."""

    merchant_id: str
    job_id: str
    type: str
    job_status: str
    payment_id: str
    status: str
    amount: int
    reference: str
    outcome: str
    request_id: str
    is_final: bool
    void_reason: str | None
    failure: str | None
    created_at: int
    updated_at: int
    flags: frozenset[str]

    @property
    def is_payment(self) -> bool:
        return self.type == JobType.PAYMENT


@frozen
class BookedPayment:
    """A payment and its sums, in minor units."""

    payment_id: str
    status: str
    amount: int
    capture: bool
    captured: int
    refunded: int
    capturing: int
    refunding: int
    is_voiding: bool
    void_reason: str | None
    expires_at: int | None
    authorization_reference: str
    created_at: int
    updated_at: int


@frozen
class Told:
    """An event: what it is about, a job or an endpoint, and what it says of that."""

    seq: int
    type: str
    subject_id: str
    says: str
    occurred_at: int

    @staticmethod
    def of(event: Event) -> "Told":
        """Return an event as it would be stored."""
        if isinstance(event, JobEvent):
            job, failure = event.job, event.job.failure
            subject_id, says = job.id, [job.status, job.payment_status, failure.code if failure else ""]
        else:
            endpoint = event.endpoint
            subject_id, says = endpoint.id, [endpoint.status, str(endpoint.disabled_because), ""]
        return Told(
            event.seq, event.type, subject_id, " ".join(says).strip(), milliseconds(event.occurred_at)
        )


@frozen
class Books:
    """`events` are those that are kept: of each merchant's those after its `forgotten_seqs`."""

    jobs: tuple[Booked, ...]
    payments: Mapping[str, BookedPayment]
    events: Mapping[str, tuple[Told, ...]]
    last_seqs: Mapping[str, int]
    forgotten_seqs: Mapping[str, int]

    @property
    def references(self) -> frozenset[str]:
        return frozenset(one.reference for one in self.jobs)

    @property
    def open_jobs(self) -> tuple[str, ...]:
        return tuple(one.job_id for one in self.jobs if one.job_status == JobStatus.CREATED)

    @property
    def jobs_of_payments(self) -> tuple[Booked, ...]:
        return tuple(one for one in self.jobs if one.is_payment)

    @property
    def operations(self) -> tuple[Booked, ...]:
        """Captures, voids and refunds."""
        return tuple(one for one in self.jobs if not one.is_payment)


_JOBS = """
    SELECT jobs.merchant_id, jobs.id, jobs.type, jobs.status, payments.id, payments.status, jobs.amount,
        attempts.reference, outcome, request_id, is_final, jobs.void_reason, failure_code, jobs.created_at,
        jobs.updated_at, (SELECT coalesce(group_concat(code), '') FROM flags WHERE flags.job_id = jobs.id)
    FROM jobs JOIN payments ON payments.id = jobs.payment_id
    LEFT JOIN attempts ON attempts.job_id = jobs.id
    ORDER BY jobs.id
"""
_PAYMENTS = """
    SELECT id, status, amount, capture, captured, refunded, capturing, refunding, is_voiding, void_reason,
        expires_at, authorization_reference, created_at, updated_at
    FROM payments ORDER BY id
"""
_EVENTS = """
    SELECT merchant_id, seq, type, coalesce(job_id, endpoint->>'$.id'),
        coalesce(status, endpoint->>'$.status'), coalesce(payment_status, endpoint->>'$.disabled_because'),
        coalesce(failure_code, ''), occurred_at
    FROM events {which} ORDER BY merchant_id, seq
"""
_ALL_EVENTS = _EVENTS.format(which="")
_ONE_EVENT = _EVENTS.format(which="WHERE merchant_id = ? AND seq = ?")


def read_books(connection: sqlite3.Connection) -> Books:
    merchants = connection.execute("SELECT id, last_seq, forgotten_seq FROM merchants").fetchall()
    return Books(
        tuple(map(_booked, connection.execute(_JOBS).fetchall())),
        {row[0]: BookedPayment(*row) for row in connection.execute(_PAYMENTS).fetchall()},
        read_events(connection),
        {merchant_id: last for merchant_id, last, _ in merchants},
        {merchant_id: forgotten for merchant_id, _, forgotten in merchants},
    )


def read_events(connection: sqlite3.Connection) -> Mapping[str, tuple[Told, ...]]:
    """Return each merchant's events that are kept, in order."""
    events: dict[str, list[Told]] = {}
    for merchant_id, *event in connection.execute(_ALL_EVENTS).fetchall():
        events.setdefault(merchant_id, []).append(_told(event))
    return {merchant_id: tuple(told) for merchant_id, told in events.items()}


def read_event(connection: sqlite3.Connection, merchant_id: str, seq: int) -> Told | None:
    found = connection.execute(_ONE_EVENT, [merchant_id, seq]).fetchone()
    return _told(found[1:]) if found else None


def _told(row: Sequence[Any]) -> Told:
    seq, kind, subject_id, *says, occurred_at = row
    return Told(seq, kind, subject_id, " ".join(says).strip(), occurred_at)


def _booked(row: Sequence[Any]) -> Booked:
    *columns, flags = row
    return Booked(*columns, frozenset(flags.split(",")) - {""})  # type: ignore[call-arg]
