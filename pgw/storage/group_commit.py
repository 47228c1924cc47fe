"""One durable transaction for a group of writes, in which no write fails its neighbours."""

import sqlite3
from collections import deque
from collections.abc import Sequence

from pgw.domain.idempotency import Claim
from pgw.domain.result import Err, Ok, Result
from pgw.storage import writing
from pgw.storage.chain import Chain
from pgw.storage.disk_errors import raise_where_lost, takes_no_writes
from pgw.storage.port import StorageLost
from pgw.storage.rows import ChangeRows

Written = int | Claim | Exception
# A text that is no Unicode (half of a surrogate pair) is refused on its way to SQLite.
_REFUSED = (sqlite3.Error, UnicodeEncodeError)


def commit_group(
    connection: sqlite3.Connection, number: int, rows: Sequence[ChangeRows], chain: Chain | None = None
) -> list[Written]:
    """Write a group of changes; answer each the `seq` of its event, or the error that is its own.

    One that makes a claim that was made before is answered that claim and not written: there is one writer,
    so nobody makes it between this look and the write.

    A write that reports an error may have committed, so it is read back, then judged. Raises the engine's
    error where the disk takes no writes at all, and nothing was written. Raises `StorageLost` where what was
    written is unknown: after a failed fsync, which is never tried again, or where it cannot be read back; and
    where the database is damaged.
    """
    before = writing.claims_before(connection, rows)
    claimed = [row.claim and before.get((row.claim[0], row.claim[1])) for row in rows]
    unclaimed = [row for row, claim in zip(rows, claimed, strict=True) if not claim]
    written = _commit(connection, number, unclaimed, chain or Chain())
    return [claim or written.popleft() for claim in claimed]


def answer_to_waiter(written: Written) -> Result[None, Claim] | Exception:
    match written:
        case int():
            return Ok(None)
        case Claim():
            return Err(written)
        case Exception():
            return written


def _commit(
    connection: sqlite3.Connection, number: int, rows: Sequence[ChangeRows], chain: Chain
) -> deque[Written]:
    if not rows:
        return deque()
    before = chain.newest
    try:
        writing.write_group(connection, number, rows, chain)
    except _REFUSED as error:
        if not _has_committed(connection, number, error):
            chain.newest = before
            if takes_no_writes(error):
                raise
            return deque(_commit_each(connection, number, rows, chain))
    try:
        return deque(writing.seqs_of(connection, rows))
    except sqlite3.Error as error:
        raise StorageLost(f"what was committed cannot be read back: {error}") from error


def _commit_each(
    connection: sqlite3.Connection, number: int, rows: Sequence[ChangeRows], chain: Chain
) -> list[Written]:
    """Write the group again, each change behind a savepoint of its own."""
    answers: list[Written] = []
    before = chain.newest
    try:
        connection.execute("BEGIN IMMEDIATE")
        answers += [_write_alone(connection, number, row, chain) for row in rows]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if not _has_committed(connection, number, error):
            chain.newest = before
            raise
    return answers


def _write_alone(connection: sqlite3.Connection, number: int, row: ChangeRows, chain: Chain) -> Written:
    # Made by a neighbour in this very group.
    for claim in writing.claims_before(connection, [row]).values():
        return claim
    connection.execute("SAVEPOINT alone")
    before = chain.newest
    try:
        writing.write_group(connection, number, [row], chain)
        (seq,) = writing.seqs_of(connection, [row])
    except _REFUSED as error:
        raise_where_lost(error)
        if takes_no_writes(error):
            raise
        connection.execute("ROLLBACK TO alone")
        chain.newest = before
        return error
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE alone")
    return seq


def _has_committed(connection: sqlite3.Connection, number: int, error: Exception) -> bool:
    raise_where_lost(error)
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return writing.newest_group(connection) == number
    except sqlite3.Error as unreadable:
        raise StorageLost(f"whether a group was committed cannot be read: {unreadable}") from error
