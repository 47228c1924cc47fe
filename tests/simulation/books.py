"""What the database holds, read at once and for the oracle alone."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen
class Booked:
    """A payment with its job and its attempt."""

    merchant_id: str
    job_id: str
    job_status: str
    status: str
    amount: int
    reference: str
    outcome: str
    flags: frozenset[str]


@frozen
class Told:
    """An event as it is stored."""

    seq: int
    type: str
    job_id: str


@frozen
class Books:
    payments: tuple[Booked, ...]
    events: Mapping[str, tuple[Told, ...]]
    last_seqs: Mapping[str, int]

    @property
    def references(self) -> frozenset[str]:
        return frozenset(one.reference for one in self.payments)

    @property
    def open_jobs(self) -> tuple[str, ...]:
        return tuple(one.job_id for one in self.payments if one.job_status == "Created")


_PAYMENTS = """
    SELECT jobs.merchant_id, jobs.id, jobs.status, payments.status, payments.amount,
        attempts.reference, outcome,
        (SELECT coalesce(group_concat(code), '') FROM flags WHERE flags.job_id = jobs.id)
    FROM jobs JOIN payments ON payments.id = jobs.payment_id
    LEFT JOIN attempts ON attempts.job_id = jobs.id
    ORDER BY jobs.id
"""
_EVENTS = "SELECT merchant_id, seq, type, job_id FROM events ORDER BY merchant_id, seq"


def read_books(connection: sqlite3.Connection) -> Books:
    events: dict[str, list[Told]] = {}
    for merchant_id, seq, kind, job_id in connection.execute(_EVENTS).fetchall():
        events.setdefault(merchant_id, []).append(Told(seq, kind, job_id))
    return Books(
        tuple(map(_booked, connection.execute(_PAYMENTS).fetchall())),
        {merchant_id: tuple(told) for merchant_id, told in events.items()},
        dict(connection.execute("SELECT id, last_seq FROM merchants").fetchall()),
    )


def _booked(row: tuple[Any, ...]) -> Booked:
    *columns, flags = row
    return Booked(*columns, frozenset(flags.split(",")) - {""})  # type: ignore[call-arg]
