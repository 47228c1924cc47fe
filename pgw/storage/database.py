"""A database file: its lock, its pragmas (set and read back) and its schema."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pgw.storage.migrations import migrate, migrations, version
from pgw.storage.port import StorageCannotOpen
from pgw.storage.writing import install

BUSY_TIMEOUT_MS = 5000
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
    """Hold the lock file beside the database, which refuses a second process.

    Raises `StorageCannotOpen`.
    """
    try:
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageCannotOpen(f"The database {path} cannot be written: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageCannotOpen(f"The database {path} is in use by another process.") from error
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
    except sqlite3.Error as error:
        raise StorageCannotOpen(f"The database {path} cannot be used: {error}.") from error


def prepare_reader(connection: sqlite3.Connection) -> None:
    _set_pragmas(connection, _READER_PRAGMAS)


def checkpoint(connection: sqlite3.Connection) -> None:
    """Move committed pages from the log into the database, as far as no reader still needs them."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def checkpoint_all(connection: sqlite3.Connection) -> None:
    """Move all committed pages and empty the log, when nobody reads any more."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _set_pragmas(connection: sqlite3.Connection, pragmas: Mapping[str, str | int]) -> None:
    for name, wanted in pragmas.items():
        connection.execute(f"PRAGMA {name} = {wanted}")
        (read_back,) = connection.execute(f"PRAGMA {name}").fetchone()
        if read_back != wanted:
            raise StorageCannotOpen(f"SQLite did not take {name} = {wanted}; it says {read_back}.")
