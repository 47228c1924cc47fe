"""What an error of SQLite says about the disk, by its result code (sqlite.org/rescode.html)."""

import sqlite3

from pgw.storage.port import StorageLost

_FSYNC_FAILED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_CANNOT_WRITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
}


def takes_no_writes(error: Exception) -> bool:
    """Tell an error of the disk from one of a row. An extended code carries its family in its low byte."""
    return _code(error) & 0xFF in _CANNOT_WRITE


def is_damage(error: Exception) -> bool:
    """Tell whether the file is not as SQLite wrote it."""
    return _code(error) & 0xFF in _DAMAGED


def raise_where_lost(error: Exception) -> None:
    """Raise `StorageLost` after a failed fsync, which is never tried again: what it lost is unknown.

    So it does after a write that met damage, which another write would make worse.
    """
    if is_damage(error):
        raise StorageLost(f"the database is damaged ({error}); restore it from a backup") from error
    if _code(error) in _FSYNC_FAILED:
        raise StorageLost(f"a failed fsync ({error}); what it lost is unknown") from error


def _code(error: Exception) -> int:
    """Return SQLite's result code; the module that wraps it raises errors of its own, which have none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
