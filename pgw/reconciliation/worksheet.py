"""Both sides by reference, on disk, so that millions of payments are compared in bounded memory."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from attrs import frozen

from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentStatus
from pgw.reconciliation.judgement import is_effective
from pgw.storage.port import BookEntry

MEMORY_KIB = 64 * 1024
_SET_UP = f"""
    PRAGMA cache_size = -{MEMORY_KIB};
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    -- A bank's text may be no Unicode, so references are bytes.
    CREATE TABLE books (reference BLOB PRIMARY KEY, payment_id TEXT, job_id TEXT, status TEXT, outcome TEXT,
        amount INTEGER, currency TEXT, exponent INTEGER, captured INTEGER) WITHOUT ROWID;
    CREATE TABLE bookings (reference BLOB NOT NULL, currency TEXT, amount INTEGER, captured INTEGER);
    -- Never committed, since nothing is kept: a transaction a row would cost most of the time.
    BEGIN;
"""
# All columns, so that walking along it goes nowhere else.
_BY_REFERENCE = "CREATE INDEX bookings_by_reference ON bookings (reference, currency, amount, captured)"
# As bytes no reference, so that bookings without one come first, together.
_NO_REFERENCE = b""
_Row = tuple[Any, ...]


@frozen
class Line:
    """What was read of one reference."""

    reference: str | None
    entry: BookEntry | None
    entries: Sequence[LedgerEntry]


class Worksheet:
    """SQLite keeps at most `MEMORY_KIB` of it in memory; a million payments take some 270 MiB of disk."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_books(self, page: Sequence[BookEntry]) -> None:
        rows = [_book_row(entry) for entry in page]
        self._connection.executemany("INSERT OR REPLACE INTO books VALUES (?,?,?,?,?,?,?,?,?)", rows)

    def add_bookings(self, page: Sequence[LedgerEntry]) -> int:
        """Add those bookings that are money; returns how many."""
        rows = [
            (_to_bytes(entry.reference), entry.currency, entry.amount, entry.captured)
            for entry in page
            if is_effective(entry)
        ]
        self._connection.executemany("INSERT INTO bookings VALUES (?, ?, ?, ?)", rows)
        return len(rows)

    def lines(self) -> Iterator[Line]:
        """Return each reference that one side or both know, in order, once all was added."""
        self._connection.execute(_BY_REFERENCE)
        books = self._connection.execute("SELECT * FROM books ORDER BY reference")
        bookings = self._connection.execute("SELECT * FROM bookings ORDER BY reference")
        of_reference = itemgetter(0)
        for reference, rows in groupby(merge(books, bookings, key=of_reference), key=of_reference):
            yield _line(reference, rows)


@contextmanager
def open_worksheet() -> Iterator[Worksheet]:
    """Open one that is gone at the end. SQLite puts a database without a name into a temporary file."""
    connection = sqlite3.connect("", isolation_level=None)
    try:
        connection.executescript(_SET_UP)
        yield Worksheet(connection)
    finally:
        connection.close()


def _line(reference: bytes, rows: Iterator[_Row]) -> Line:
    entry, entries = None, []
    text = None if reference == _NO_REFERENCE else reference.decode(errors="surrogatepass")
    for _, *columns in rows:
        if len(columns) == 3:  # noqa: PLR2004 - a booking's
            currency, amount, captured = columns
            entries.append(LedgerEntry(text, currency, amount, captured, authorized=True, reversed=False))
        else:
            assert text is not None
            entry = _entry(text, *columns)
    return Line(text, entry, entries)


def _entry(reference: str, payment_id: str, job_id: str, status: str, outcome: str, *money: Any) -> BookEntry:
    amount, code, exponent, captured = money
    return BookEntry(
        reference,
        payment_id,
        job_id,
        PaymentStatus(status),
        AttemptOutcome(outcome),
        Money(amount, Currency(code, exponent)),
        captured,
    )


def _book_row(entry: BookEntry) -> _Row:
    amount = entry.amount
    currency = amount.currency
    return (
        _to_bytes(entry.reference),
        entry.payment_id,
        entry.job_id,
        entry.status,
        entry.outcome,
        amount.minor_units,
        currency.code,
        currency.exponent,
        entry.captured,
    )


def _to_bytes(reference: str | None) -> bytes:
    return _NO_REFERENCE if reference is None else reference.encode(errors="surrogatepass")
