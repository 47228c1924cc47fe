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
from pgw.domain.job import JobStatus, JobType
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentStatus
from pgw.storage.books import BookEntry

MEMORY_KIB = 64 * 1024
_SET_UP = f"""
    PRAGMA cache_size = -{MEMORY_KIB};
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    -- A bank's text may be no Unicode, so references are bytes. Those of payments are not written twice.
    CREATE TABLE books (reference BLOB PRIMARY KEY, payment_reference BLOB, payment_id TEXT, job_id TEXT,
        type TEXT, job_status TEXT, status TEXT, outcome TEXT,
        amount INTEGER, currency TEXT, exponent INTEGER, authorized INTEGER, captured INTEGER,
        captures_at_once INTEGER, is_final INTEGER, is_declined INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE bookings (reference BLOB NOT NULL, kind TEXT, payment_reference BLOB, currency TEXT,
        charged INTEGER, held INTEGER);
    -- Never committed, since nothing is kept: a transaction a row would cost most of the time.
    BEGIN;
"""
_ADD_BOOK = f"INSERT OR REPLACE INTO books VALUES ({', '.join(['?'] * 16)})"
# All columns, so that walking along it goes nowhere else.
_BY_REFERENCE = """
    CREATE INDEX bookings_by_reference
    ON bookings (reference, kind, payment_reference, currency, charged, held)
"""
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
    """SQLite keeps at most `MEMORY_KIB` of it in memory; a million references take some 350 MiB of disk."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_books(self, page: Sequence[BookEntry]) -> None:
        self._connection.executemany(_ADD_BOOK, [_book_row(entry) for entry in page])

    def add_bookings(self, page: Sequence[LedgerEntry]) -> int:
        """Add those bookings that are money; returns how many."""
        rows = [_booking_row(entry) for entry in page if entry.counts]
        self._connection.executemany("INSERT INTO bookings VALUES (?, ?, ?, ?, ?, ?)", rows)
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
    text = _text(reference)
    for _, *columns in rows:
        if len(columns) == 5:  # noqa: PLR2004 - a booking's
            kind, of, currency, charged, held = columns
            entries.append(LedgerEntry(text, JobType(kind), _text(of), currency, charged, held, counts=True))
        else:
            assert text is not None
            entry = _entry(text, *columns)
    return Line(text, entry, entries)


def _entry(reference: str, of: bytes | None, payment_id: str, job_id: str, *columns: Any) -> BookEntry:
    type_, job_status, status, outcome, amount, currency, exponent, authorized, captured, *flags = columns
    captures_at_once, is_final, is_declined = map(bool, flags)
    return BookEntry(
        reference,
        _text(of) or reference,
        payment_id,
        job_id,
        JobType(type_),
        JobStatus(job_status),
        PaymentStatus(status),
        AttemptOutcome(outcome),
        Money(amount, Currency(currency, exponent)),
        authorized,
        captured,
        captures_at_once=captures_at_once,
        is_final=is_final,
        is_declined=is_declined,
    )


def _book_row(entry: BookEntry) -> _Row:
    amount = entry.amount
    currency = amount.currency
    of = entry.payment_reference
    return (
        _to_bytes(entry.reference),
        None if of == entry.reference else _to_bytes(of),
        entry.payment_id,
        entry.job_id,
        entry.type,
        entry.job_status,
        entry.status,
        entry.outcome,
        amount.minor_units,
        currency.code,
        currency.exponent,
        entry.authorized,
        entry.captured,
        entry.captures_at_once,
        entry.is_final,
        entry.is_declined,
    )


def _booking_row(entry: LedgerEntry) -> _Row:
    of = entry.payment_reference
    return (
        _to_bytes(entry.reference),
        entry.kind,
        None if of is None else _to_bytes(of),
        entry.currency,
        entry.charged,
        entry.held,
    )


def _to_bytes(reference: str | None) -> bytes:
    return _NO_REFERENCE if reference is None else reference.encode(errors="surrogatepass")


def _text(reference: bytes | None) -> str | None:
    return reference.decode(errors="surrogatepass") if reference else None
