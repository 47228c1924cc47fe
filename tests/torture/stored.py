"""What is in the gateway's file once every job is terminal."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

_PAYMENTS = """
    SELECT payments.id, payments.merchant_id, payments.status, payments.amount, payments.currency,
        payments.captured, payments.refunded, payments.capturing + payments.refunding + payments.is_voiding,
        payments.capture, payments.card_last_four, payments.reference, payments.decline_code,
        jobs.id, jobs.status, jobs.payment_status, jobs.failure_code, attempts.reference
    FROM payments LEFT JOIN jobs ON jobs.payment_id = payments.id AND jobs.type = 'payment'
        LEFT JOIN attempts ON attempts.job_id = jobs.id
"""
_OPERATIONS = """
    SELECT jobs.id, jobs.merchant_id, jobs.type, jobs.status, jobs.payment_id, jobs.payment_status,
        jobs.amount, jobs.currency, jobs.is_final, jobs.failure_code, jobs.failure_decline_code,
        jobs.request_id, attempts.reference
    FROM jobs LEFT JOIN attempts ON attempts.job_id = jobs.id
    WHERE jobs.type <> 'payment'
"""


@frozen
class StoredPayment:
    """A payment and the job that paid it. `key` is the merchant's reference, which clients set to their key.

    `reserved` is what is set aside for operations, in minor units, and 1 for a void.
    """

    payment_id: str
    merchant_id: str
    status: str
    amount: int
    currency: str
    captured: int
    refunded: int
    reserved: int
    capture: int
    last_four: str
    key: str
    decline_code: str | None
    job_id: str
    job_status: str
    told_status: str
    """The payment's when this job ended."""
    failure_code: str | None
    reference: str
    """What the bank knows it by."""

    @property
    def name(self) -> tuple[str, str]:
        return self.merchant_id, self.key

    @property
    def kind(self) -> str:
        return "payment"

    @property
    def is_effective(self) -> bool:
        """Whether it stands at the bank, by what is stored here."""
        return self.job_status == "Completed" and self.told_status != "Declined"


@frozen
class StoredOperation:
    """A capture, void or refund. `key` is its request's id, which clients set to their key."""

    job_id: str
    merchant_id: str
    kind: str
    job_status: str
    payment_id: str
    told_status: str
    amount: int
    currency: str
    is_final: int
    failure_code: str | None
    decline_code: str | None
    key: str
    reference: str

    @property
    def name(self) -> tuple[str, str]:
        return self.merchant_id, self.key

    @property
    def is_effective(self) -> bool:
        """Whether it stands at the bank, by what is stored here."""
        return self.job_status == "Completed"


def stored_payments(database: Path) -> Sequence[StoredPayment]:
    return [StoredPayment(*row) for row in rows(database, _PAYMENTS)]


def stored_operations(database: Path) -> Sequence[StoredOperation]:
    return [StoredOperation(*row) for row in rows(database, _OPERATIONS)]


def rows(database: Path, statement: str) -> list[tuple[Any, ...]]:
    """Read the file beside the gateway, read-only."""
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(statement).fetchall()


def faults_of_the_file(database: Path) -> Sequence[str]:
    integrity = [text for (text,) in rows(database, "PRAGMA integrity_check") if text != "ok"]
    return [*integrity, *(f"broken reference: {row}" for row in rows(database, "PRAGMA foreign_key_check"))]
