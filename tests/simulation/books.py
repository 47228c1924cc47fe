"""What the database holds, read at once and for the oracle alone."""

import sqlite3
from collections.abc import Mapping

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
    is_due: bool
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
    claims: Mapping[tuple[str, str], str]

    @property
    def references(self) -> frozenset[str]:
        return frozenset(one.reference for one in self.payments)

    @property
    def open_jobs(self) -> tuple[str, ...]:
        return tuple(one.job_id for one in self.payments if one.job_status == "Created")


_PAYMENTS = """
    SELECT jobs.merchant_id, jobs.id, jobs.status, payments.status, payments.amount, attempts.reference, outcome,
        due_at IS NOT NULL, (SELECT group_concat(code) FROM flags WHERE flags.job_id = jobs.id)
    FROM jobs JOIN payments ON payments.id = jobs.payment_id
    LEFT JOIN attempts ON attempts.job_id = jobs.id
    ORDER BY jobs.id
"""


def read_books(connection: sqlite3.Connection) -> Books:
    events: dict[str, list[Told]] = {}
    for merchant_id, *told in connection.execute(
        "SELECT merchant_id, seq, type, job_id FROM events ORDER BY merchant_id, seq"
    ).fetchall():
        events.setdefault(merchant_id, []).append(Told(*told))
    return Books(
        tuple(
            Booked(*row, is_due=bool(due), flags=frozenset((flags or "").split(",")) - {""})
            for *row, due, flags in connection.execute(_PAYMENTS).fetchall()
        ),
        {merchant_id: tuple(told) for merchant_id, told in events.items()},
        dict(connection.execute("SELECT id, last_seq FROM merchants").fetchall()),
        {
            (merchant_id, key): job_id
            for merchant_id, key, job_id in connection.execute(
                "SELECT merchant_id, key, job_id FROM idempotency_keys"
            ).fetchall()
        },
    )
