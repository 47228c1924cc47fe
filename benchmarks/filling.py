"""A database with very many payments that came to their end, as a gateway leaves it after some months.

One of each status is written by the storage's own code, and multiplied by SQL: all by that code would take
minutes.
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trio
from attrs import evolve

from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobFailure
from pgw.domain.merchant import Merchant
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentOrder, PaymentStatus, VoidReason
from pgw.ports import HEX_TO_LETTERS
from pgw.storage.port import Change
from pgw.storage.sqlite import open_storage

AT_A_TIME = 50_000
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))
FIRST_AT = datetime(2026, 1, 1, tzinfo=UTC)
BETWEEN_MS = 10_000
SHARED_REFERENCE = "subscription"
# Of so many hundred thousand; the least of them are rare, and nobody's is `Unknown`.
SHARES = {
    PaymentStatus.APPROVED: 86_980,
    PaymentStatus.DECLINED: 9_000,
    PaymentStatus.REFUNDED: 2_000,
    PaymentStatus.AUTHORIZED: 1_000,
    PaymentStatus.FAILED: 1_000,
    PaymentStatus.VOIDED: 20,
}
# The payments of the second one have one reference, all of them.
MERCHANTS = ("mer_ap_123", "mer_ap_456", *(f"mer_shop_{letter}" for letter in "abcdefgh"))
MULTIPLIED: Mapping[str, Mapping[str, str]] = {
    "payments": {
        "id": "'pay' || made.id",
        "merchant_id": "made.merchant_id",
        "reference": "made.reference",
        "authorization_reference": "'ref' || made.id",
        "created_at": "made.at",
        "updated_at": "made.at + 300",
    },
    "jobs": {
        "id": "'job' || made.id",
        "merchant_id": "made.merchant_id",
        "payment_id": "'pay' || made.id",
        "request_id": "'req' || made.id",
        "created_at": "made.at",
        "updated_at": "made.at + 300",
    },
    "attempts": {
        "reference": "'ref' || made.id",
        "payment_id": "'pay' || made.id",
        "job_id": "'job' || made.id",
        "created_at": "made.at",
        "updated_at": "made.at + 300",
    },
    "events": {"merchant_id": "made.merchant_id", "seq": "made.seq", "job_id": "'job' || made.id"},
}
# The column by which the template is found, and what is before its status there.
TEMPLATES = {
    "payments": ("id", "pay"),
    "jobs": ("id", "job"),
    "attempts": ("reference", "ref"),
    "events": ("job_id", "job"),
}


def fill(database: Path, payments: int) -> None:
    """Write so many payments of several merchants, saying how far it is."""
    trio.run(_write_one_of_each, database)
    began = time.perf_counter()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -100000;")
        connection.execute("CREATE TEMP TABLE made (id, merchant_id, seq, template, reference, at)")
        made = _made(payments)
        for first in range(0, payments, AT_A_TIME):
            connection.execute("BEGIN")
            rows = (row for _, row in zip(range(AT_A_TIME), made, strict=False))
            connection.executemany("INSERT INTO made VALUES (?, ?, ?, ?, ?, ?)", rows)
            _multiply(connection)
            connection.execute("COMMIT")
            filled = min(first + AT_A_TIME, payments)
            print(
                f"\rfilled {filled:,} of {payments:,} in {time.perf_counter() - began:.0f} s",
                end="",
                flush=True,
            )
        connection.execute(
            "UPDATE merchants SET last_seq ="
            " (SELECT coalesce(max(seq), 0) FROM events WHERE merchant_id = merchants.id)"
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    print(flush=True)


def at_of(number: int) -> datetime:
    """Return when the payment of this number was made, the first being number 0."""
    return FIRST_AT + timedelta(milliseconds=number * BETWEEN_MS)


def _made(payments: int) -> Iterator[tuple[str, str, int, str, str, int]]:
    templates = [status for status, share in SHARES.items() for _ in range(share)]
    began = int(FIRST_AT.timestamp() * 1000)
    for number in range(payments):
        # Six of ten are the first merchant's, three the second's, and the tenth the others'.
        whose = (0, 1, 0, 1, 0, 0, 1, 0, 0, 2 + number // 10 % 8)[number % 10]
        status = templates[number * 7919 % len(templates)]
        at = began + number * BETWEEN_MS
        letters = f"{at << 16 | 0x7000:016x}{number:016x}".translate(HEX_TO_LETTERS)
        reference = SHARED_REFERENCE if whose == 1 else f"order-{number}"
        yield f"_{letters}", MERCHANTS[whose], number + 1000, status.lower(), reference, at


def _multiply(connection: sqlite3.Connection) -> None:
    for table, columns in MULTIPLIED.items():
        key, prefix = TEMPLATES[table]
        names = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", [table])]
        values = ", ".join(columns.get(name, f"template.{name}") for name in names)
        connection.execute(
            f"INSERT INTO {table} SELECT {values} FROM made CROSS JOIN {table} AS template"
            f" ON template.{key} = '{prefix}_' || made.template"
        )
    connection.execute("DELETE FROM made")


async def _write_one_of_each(database: Path) -> None:
    async with open_storage(database, lambda _events: None) as storage:
        for merchant_id in MERCHANTS:
            await storage.add_merchant(Merchant(merchant_id, "Shop", FIRST_AT))
        for status in SHARES:
            await storage.write(_ended(status))


def _ended(status: PaymentStatus) -> Change:
    """Return the last change of a payment that ended so."""
    capture = status not in {PaymentStatus.AUTHORIZED, PaymentStatus.VOIDED}
    order = PaymentOrder(Money(1050, Currency("EUR", 2)), CARD, capture, description="Order 17")
    payment_id, reference = f"pay_{status.lower()}", f"ref_{status.lower()}"
    payment = Payment.ordered(payment_id, MERCHANTS[0], order, "bank", FIRST_AT, reference=reference)
    job = Job.opened(f"job_{status.lower()}", payment, "req_1")
    attempt = Attempt.intended(reference, payment.id, job.id, "bank", FIRST_AT)
    ended = evolve(
        payment,
        status=status,
        captured=1050 if status in {PaymentStatus.APPROVED, PaymentStatus.REFUNDED} else 0,
        refunded=1050 if status is PaymentStatus.REFUNDED else 0,
        decline_code="insufficient_funds" if status is PaymentStatus.DECLINED else None,
        void_reason=VoidReason.REQUESTED if status is PaymentStatus.VOIDED else None,
    )
    failure = JobFailure(FailureCode.BANK_REJECTED, "The bank refused the request.")
    job = job.following(ended, failure if status is PaymentStatus.FAILED else None)
    return Change(ended, job, attempt.ended(AttemptOutcome.ANSWERED, 1, FIRST_AT, "auth-1"))
