"""What is read, as functions that an engine runs on its connection.

A step of a statement gives up Python's interpreter lock and must win it back from a busy event loop, so each
function takes all that waits as one JSON document, and answers with one row.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from pgw.domain.event import Event
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job
from pgw.domain.payment import Payment
from pgw.domain.times import from_milliseconds
from pgw.storage.books import BookEntry
from pgw.storage.documents import CHANGE, CURRENCY, EVENT, JOB, PAYMENT
from pgw.storage.port import Change, Unresolved, UnresolvedCount
from pgw.storage.rows import RowUnreadable, event_from, from_row, from_row_or_why, from_rows, to_json

_FIND_JOBS = f"""
    SELECT json_group_object(jobs.id, {JOB}) FROM jobs WHERE id IN (SELECT value FROM json_each(?))
"""

_FIND_PAYMENTS = f"""
    SELECT json_group_object(payments.id, {PAYMENT}) FROM payments
    WHERE id IN (SELECT value FROM json_each(?))
"""

_CHANGES = """
    FROM jobs JOIN payments ON payments.id = jobs.payment_id JOIN attempts ON attempts.job_id = jobs.id
"""

# Two walks along the index of what is due, each of which ends at its limit.
_DUE = f"""
    SELECT json_group_array(json(change)) FROM (
        SELECT {CHANGE} AS change {_CHANGES}
        WHERE attempts.reference IN (
            SELECT reference FROM (
                SELECT reference FROM attempts
                WHERE due_at <= ?1 AND job_id NOT IN (SELECT value FROM json_each(?3))
                ORDER BY due_at LIMIT ?4)
            UNION ALL
            SELECT reference FROM (
                SELECT reference FROM attempts
                WHERE due_at > ?2 AND job_id NOT IN (SELECT value FROM json_each(?3)) LIMIT ?4))
        ORDER BY due_at LIMIT ?4)
"""

_UNKNOWN = "outcome IN ('Doubtful', 'Reversing', 'NotReversible')"
_FLAGS = """
    SELECT json_group_array(
        json_object('job_id', job_id, 'code', code, 'detail', detail, 'raised_at', raised_at))
    FROM flags WHERE job_id = jobs.id AND acknowledged_at IS NULL
"""

_UNRESOLVED = f"""
    SELECT json_group_array(json(document)) FROM (
        SELECT json_object('change', {CHANGE}, 'flags', json(({_FLAGS}))) AS document {_CHANGES}
        WHERE jobs.id IN (
            SELECT job_id FROM attempts WHERE {_UNKNOWN} AND job_id > ?1
            UNION SELECT job_id FROM flags WHERE acknowledged_at IS NULL AND job_id > ?1)
        ORDER BY jobs.id LIMIT ?2)
"""

# Each of them a walk along an index that holds no others. Ids sort by the time they were made.
_COUNT_UNRESOLVED = f"""
    SELECT
        (SELECT count(*) FROM (SELECT 1 FROM attempts WHERE {_UNKNOWN} LIMIT ?1)),
        (SELECT created_at FROM attempts WHERE {_UNKNOWN} ORDER BY job_id LIMIT 1),
        (SELECT count(*) FROM (SELECT DISTINCT job_id FROM flags WHERE acknowledged_at IS NULL LIMIT ?1))
"""

_BOOK_ENTRY = f"""json_object('reference', attempts.reference, 'payment_reference', authorization_reference,
    'payment_id', payments.id, 'job_id', jobs.id, 'type', jobs.type, 'job_status', jobs.status,
    'status', payments.status, 'outcome', outcome,
    'amount', json_object('minor_units', jobs.amount, 'currency', {CURRENCY.format("jobs")}),
    'authorized', payments.amount, 'captured', captured,
    'captures_at_once', json(iif(capture, 'true', 'false')),
    'is_final', json(iif(is_final, 'true', 'false')),
    'is_declined', json(iif(coalesce(decline_code, failure_decline_code) IS NULL, 'false', 'true')))
"""
_BOOKS = f"""
    SELECT json_group_array(json(entry)) FROM (
        SELECT {_BOOK_ENTRY} AS entry {_CHANGES} WHERE {{which}} ORDER BY attempts.reference LIMIT ?)
"""

_EVENTS_AFTER = f"""
    SELECT json_group_array(json(event)) FROM (
        SELECT {EVENT} AS event FROM events LEFT JOIN jobs ON jobs.id = events.job_id
        WHERE {{of_whom}} AND events.seq > ? ORDER BY events.seq LIMIT ?)
"""
_OF_MERCHANT = "events.merchant_id = ?"
# The plus keeps SQLite from walking through all of the merchant's events to find the job's few.
_OF_JOB = "+events.merchant_id = ? AND events.job_id = ?"


_CLAIM = "SELECT fingerprint, subject_id, answer FROM idempotency_keys WHERE merchant_id = ? AND key = ?"


def find_jobs(connection: sqlite3.Connection, job_ids: Sequence[str]) -> list[Job | RowUnreadable | None]:
    return _find(connection, _FIND_JOBS, job_ids, Job)


def find_payments(
    connection: sqlite3.Connection, payment_ids: Sequence[str]
) -> list[Payment | RowUnreadable | None]:
    return _find(connection, _FIND_PAYMENTS, payment_ids, Payment)


def _find(connection: sqlite3.Connection, statement: str, ids: Sequence[str], kind: type[Any]) -> list[Any]:
    (document,) = connection.execute(statement, [to_json(list(dict.fromkeys(ids)))]).fetchone()
    found = {key: from_row_or_why(row, kind, key) for key, row in json.loads(document).items()}
    return [found.get(one) for one in ids]


def events_after(
    connection: sqlite3.Connection, merchant_id: str, seq: int, job_id: str | None, limit: int
) -> list[Event]:
    of_whom, whom = (_OF_MERCHANT, [merchant_id]) if job_id is None else (_OF_JOB, [merchant_id, job_id])
    statement = _EVENTS_AFTER.format(of_whom=of_whom)
    (document,) = connection.execute(statement, [*whom, seq, limit]).fetchone()
    return [event_from(row) for row in json.loads(document)]


def last_seq(connection: sqlite3.Connection, merchant_id: str) -> int:
    found = connection.execute("SELECT last_seq FROM merchants WHERE id = ?", [merchant_id]).fetchone()
    return int(found[0]) if found else 0


def due(
    connection: sqlite3.Connection, now: int, horizon: int, but_not: Sequence[str], limit: int
) -> list[Change | RowUnreadable]:
    (document,) = connection.execute(_DUE, [now, horizon, to_json(but_not), limit]).fetchone()
    return [from_row_or_why(row, Change, row["job"]["id"]) for row in json.loads(document)]


def unresolved(connection: sqlite3.Connection, after_job_id: str, limit: int) -> list[Unresolved]:
    (document,) = connection.execute(_UNRESOLVED, [after_job_id, limit]).fetchone()
    return from_rows(document, Unresolved)


def count_unresolved(connection: sqlite3.Connection, most: int) -> UnresolvedCount:
    unknown, oldest, flagged = connection.execute(_COUNT_UNRESOLVED, [most]).fetchone()
    return UnresolvedCount(unknown, None if oldest is None else from_milliseconds(oldest), flagged)


def books(connection: sqlite3.Connection, after_reference: str, limit: int) -> list[BookEntry]:
    statement = _BOOKS.format(which="attempts.reference > ?")
    (document,) = connection.execute(statement, [after_reference, limit]).fetchone()
    return from_rows(document, BookEntry)


def book_entry(connection: sqlite3.Connection, reference: str) -> BookEntry | None:
    statement = _BOOKS.format(which="attempts.reference = ?")
    (document,) = connection.execute(statement, [reference, 1]).fetchone()
    return next(iter(from_rows(document, BookEntry)), None)


def change_of(connection: sqlite3.Connection, job_id: str) -> Change | None:
    found = connection.execute(f"SELECT {CHANGE} {_CHANGES} WHERE jobs.id = ?", [job_id]).fetchone()
    return from_row(found[0], Change) if found else None


def claim(connection: sqlite3.Connection, merchant_id: str, key: str) -> Claim | None:
    found = connection.execute(_CLAIM, [merchant_id, key]).fetchone()
    return Claim(key, *found) if found else None
