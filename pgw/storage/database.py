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
LARGEST_LOG_PAGES = 16_384  # 64 MiB
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


def prepare_writer(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the database into the shape this version writes.

    Raises `StorageCannotOpen` for a file that is no database, is damaged, is not writable or is newer.
    """
    try:
        _set_pragmas(connection, _WRITER_PRAGMAS)
        if version(connection) > len(migrations()):
            raise StorageCannotOpen(f"The database {path} was written by a newer version of pgw.")
        migrate(connection)
        install(connection)
        # Where nothing can be written (a file to be read only, a full disk), the first payment would tell.
        connection.execute(f"PRAGMA user_version = {version(connection)}")
    except sqlite3.Error as error:
        raise StorageCannotOpen(f"The database {path} cannot be used: {error}.") from error


def prepare_reader(connection: sqlite3.Connection) -> None:
    _set_pragmas(connection, _READER_PRAGMAS)


def checkpoint(connection: sqlite3.Connection) -> None:
    """Move committed pages from the log into the database, as far as no reader still needs them.

    A log past its bound is emptied, for which new reads wait until old ones end. Raises `StorageLost`.
    """
    if _checkpoint(connection, "PASSIVE") > LARGEST_LOG_PAGES:
        _checkpoint(connection, "TRUNCATE")


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
