"""A database file: its lock, its pragmas (set and read back) and its schema."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pgw.storage.disk_errors import raise_where_lost, takes_no_writes
from pgw.storage.migrations import migrate, migrations, version
from pgw.storage.port import StorageCannotOpen
from pgw.storage.writing import install

BUSY_TIMEOUT_MS = 5000
EMPTYING_TIMEOUT_MS = 100  # for as long all writes wait
LARGEST_LOG_PAGES = 16_384  # 64 MiB
LEAST_SPACE_BYTES = 64 * 1024  # of which an empty log and its index need most
_WRITER_PRAGMAS: Mapping[str, str | int] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: an acknowledged row survives a power cut
    "foreign_keys": 1,
    "wal_autocheckpoint": 0,  # else a COMMIT on a full disk may report an error and yet have committed
    "busy_timeout": BUSY_TIMEOUT_MS,
}
_READER_PRAGMAS = {"query_only": 1, "busy_timeout": BUSY_TIMEOUT_MS}


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock file beside the database, links followed, which refuses a second process.

    Raises `StorageCannotOpen`.
    """
    try:
        descriptor = os.open(f"{path.resolve()}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageCannotOpen(f"The database {path} cannot be written: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageCannotOpen(f"The database {path} is in use by another process.") from error
        except OSError as error:
            raise StorageCannotOpen(f"The database {path} cannot be locked: {error.strerror}.") from error
        yield
    finally:
        os.close(descriptor)


def writer_uri(path: Path) -> str:
    return path.absolute().as_uri()


def reader_uri(path: Path) -> str:
    return f"{writer_uri(path)}?mode=ro"


def is_there(path: Path) -> bool:
    """Tell whether there is a file with something in it, which is a database then or is not ours to touch."""
    return path.is_file() and path.stat().st_size > 0


def judge(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that is not this version's to write. Raises `StorageCannotOpen`."""
    try:
        found = version(connection)
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        raise StorageCannotOpen(f"The database {path} cannot be used: {_reason(error, path)}.") from error
    if found > len(migrations()):
        raise StorageCannotOpen(f"The database {path} was written by a newer version of pgw.")
    if not found and tables:
        raise StorageCannotOpen(f"The database {path} is another program's.")


def look_for_damage(connection: sqlite3.Connection, path: Path) -> None:
    """Read all pages, unless interrupted. Raises `StorageCannotOpen` for the first one that is damaged."""
    try:
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return
        raise StorageCannotOpen(f"The database {path} cannot be read: {_reason(error, path)}.") from error
    except sqlite3.DatabaseError as error:
        finding = str(error)
    if finding not in {"ok", "interrupted"}:
        reason = finding.splitlines()[-1].rstrip(".")
        raise StorageCannotOpen(f"The database {path} is damaged ({reason}); restore it from a backup.")


def prepare_writer(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the database into the shape this version writes.

    Raises `StorageCannotOpen` for a file that is no database, is not ours, is damaged or is not writable.
    """
    judge(connection, path)
    try:
        _set_pragmas(connection, _WRITER_PRAGMAS)
        migrate(connection)
        install(connection)
        # Where nothing can be written (a file to be read only, a full disk), the first payment would tell.
        connection.execute(f"PRAGMA user_version = {version(connection)}")
        # After a failed fsync the log is read from the system's memory and need not be on disk. What is
        # built on it must be, so all of it is written again, into the database, and it begins anew.
        is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise StorageCannotOpen(f"The database {path} is being read by another program; end that first.")
    except sqlite3.Error as error:
        raise StorageCannotOpen(f"The database {path} cannot be used: {_reason(error, path)}.") from error


def _reason(error: sqlite3.Error, path: Path) -> str:
    """Return SQLite's words, or ours for what it calls an error of input or output."""
    disk = os.statvfs(path.resolve().parent)
    is_full = takes_no_writes(error) and disk.f_bavail * disk.f_frsize < LEAST_SPACE_BYTES
    return "the disk is full" if is_full else str(error)


def prepare_reader(connection: sqlite3.Connection) -> None:
    _set_pragmas(connection, _READER_PRAGMAS)


def checkpoint(connection: sqlite3.Connection) -> int:
    """Move committed pages from the log into the database, as far as no reader still needs them.

    A log past its bound is emptied, for which new reads wait until old ones end. Returns how many pages are
    in the log then: where a read goes on for long, or the disk is full, it stays past its bound. Raises
    `StorageLost`.
    """
    pages = _checkpoint(connection, "PASSIVE")
    if pages <= LARGEST_LOG_PAGES:
        return pages
    connection.execute(f"PRAGMA busy_timeout = {EMPTYING_TIMEOUT_MS}")
    try:
        return _checkpoint(connection, "TRUNCATE")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def checkpoint_all(connection: sqlite3.Connection) -> None:
    """Move all committed pages and empty the log, when nobody reads any more. Raises `StorageLost`."""
    _checkpoint(connection, "TRUNCATE")


def _checkpoint(connection: sqlite3.Connection, mode: str) -> int:
    """Return the pages in the log. What a disk without space does not take now, a later checkpoint moves."""
    try:
        _, pages, _ = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    except sqlite3.Error as error:
        raise_where_lost(error)
        if not takes_no_writes(error):
            raise
        return 0
    return int(pages)


def _set_pragmas(connection: sqlite3.Connection, pragmas: Mapping[str, str | int]) -> None:
    for name, wanted in pragmas.items():
        connection.execute(f"PRAGMA {name} = {wanted}")
        (read_back,) = connection.execute(f"PRAGMA {name}").fetchone()
        if read_back != wanted:
            raise StorageCannotOpen(f"SQLite did not take {name} = {wanted}; it says {read_back}.")
