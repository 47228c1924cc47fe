"""One durable transaction for a group of writes, in which no write fails its neighbours."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from pgw.storage.port import StorageLost
from pgw.storage.rows import ChangeRows
from pgw.storage.statements import write_changes

Answer = TypeVar("Answer")

_NUMBER_THE_GROUP = "UPDATE newest_group SET number = number + 1 RETURNING number"
_NEWEST_GROUP = "SELECT number FROM newest_group"
_FSYNC_FAILED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
_CANNOT_WRITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
}


def in_transaction(connection: sqlite3.Connection, write: Callable[[sqlite3.Connection], Answer]) -> Answer:
    """Write and commit. A COMMIT that reports an error may have committed, so it is read back, then judged.

    Raises what `write` raised, or the error of a COMMIT that did not take place; nothing is written then.
    Raises `StorageLost` after a failed fsync, which is never tried again: what it lost is unknown.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        answer = write(connection)
        (number,) = connection.execute(_NUMBER_THE_GROUP).fetchone()
    except BaseException:
        _roll_back(connection)
        raise
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if error.sqlite_errorcode in _FSYNC_FAILED:
            raise StorageLost(str(error)) from error
        _roll_back(connection)
        if connection.execute(_NEWEST_GROUP).fetchone() != (number,):
            raise
    return answer


def commit_group(connection: sqlite3.Connection, rows: Sequence[ChangeRows]) -> list[int | Exception]:
    """Write a group of changes; answer each the `seq` of its event, or the error that is its own.

    Raises the engine's error where the disk takes no writes at all.
    """
    try:
        return list(in_transaction(connection, lambda connection: write_changes(connection, rows)))
    except Exception as error:
        if takes_no_writes(error):
            raise
    return in_transaction(connection, lambda connection: [_write_alone(connection, row) for row in rows])


def takes_no_writes(error: BaseException) -> bool:
    """Tell an error of the disk from one of a row. An extended code carries its family in its low byte."""
    if isinstance(error, StorageLost):
        return True
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _CANNOT_WRITE


def _write_alone(connection: sqlite3.Connection, row: ChangeRows) -> int | Exception:
    connection.execute("SAVEPOINT alone")
    try:
        (seq,) = write_changes(connection, [row])
    except Exception as error:
        if takes_no_writes(error):
            raise
        connection.execute("ROLLBACK TO alone")
        return error
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE alone")
    return seq


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
