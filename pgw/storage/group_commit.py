"""One durable transaction for a group of writes, in which no write fails its neighbours."""

import sqlite3
from collections.abc import Sequence

from pgw.storage import writing
from pgw.storage.port import StorageLost
from pgw.storage.rows import ChangeRows

_FSYNC_FAILED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
_CANNOT_WRITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
}


def commit_group(
    connection: sqlite3.Connection, number: int, rows: Sequence[ChangeRows]
) -> list[int | Exception]:
    """Write a group of changes; answer each the `seq` of its event, or the error that is its own.

    A write that reports an error may have committed, so it is read back, then judged. Raises the engine's
    error where the disk takes no writes at all, and nothing was written. Raises `StorageLost` after a failed
    fsync, which is never tried again: what it lost is unknown.
    """
    try:
        writing.write_group(connection, number, rows)
    except sqlite3.Error as error:
        if not _has_committed(connection, number, error):
            if takes_no_writes(error):
                raise
            return _commit_each(connection, number, rows)
    return list(writing.seqs_of(connection, rows))


def _commit_each(
    connection: sqlite3.Connection, number: int, rows: Sequence[ChangeRows]
) -> list[int | Exception]:
    """Write the group again, each change behind a savepoint of its own."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        answers = [_write_alone(connection, number, row) for row in rows]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if not _has_committed(connection, number, error):
            raise
    return answers


def _write_alone(connection: sqlite3.Connection, number: int, row: ChangeRows) -> int | Exception:
    connection.execute("SAVEPOINT alone")
    try:
        writing.write_group(connection, number, [row])
        (seq,) = writing.seqs_of(connection, [row])
    except (sqlite3.Error, LookupError) as error:
        if takes_no_writes(error):
            raise
        connection.execute("ROLLBACK TO alone")
        return error
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE alone")
    return seq


def _has_committed(connection: sqlite3.Connection, number: int, error: sqlite3.Error) -> bool:
    if error.sqlite_errorcode in _FSYNC_FAILED:
        raise StorageLost(str(error)) from error
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    return writing.newest_group(connection) == number


def takes_no_writes(error: Exception) -> bool:
    """Tell an error of the disk from one of a row. An extended code carries its family in its low byte."""
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF in _CANNOT_WRITE
