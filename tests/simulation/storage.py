"""The real `SqliteStorage` on a simulated disk. Writer and reader share the one connection there can be."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from pgw.audit.verification import Wrong
from pgw.storage import database, writing
from pgw.storage.port import OnCommitted
from pgw.storage.sqlite import SqliteStorage
from tests.simulation.books import Books, read_books
from tests.simulation.disk import Disk
from tests.simulation.engine import InlineEngine, Pause, open_connection, own
from tests.simulation.life import Life
from tests.timeline import verified_on


@asynccontextmanager
async def open_simulated_storage(
    disk: Disk,
    path: Path,
    on_committed: OnCommitted,
    *,
    life: Life,
    pause: Pause = trio.lowlevel.checkpoint,
) -> AsyncIterator[SqliteStorage]:
    """Do what `pgw.storage.sqlite.open_storage` does, but for the lock and the reader's pragmas.

    Raises `StorageCannotOpen`, and `ProcessDied` once the life is over.
    """
    async with open_connection(disk, str(path), life) as connection:
        writer, reader = (InlineEngine(connection, life, pause) for _ in range(2))
        await writer.run(own)
        await writer.run(database.prepare_writer, path)
        newest_group = await writer.run(writing.newest_group)
        async with trio.open_nursery() as nursery:
            storage = SqliteStorage(writer, reader, on_committed, newest_group)
            nursery.start_soon(storage.run)
            yield storage
            nursery.cancel_scope.cancel()
        await writer.run(database.checkpoint_all)


def check_integrity(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite finds wrong with the database, and each row that refers to none."""
    (*findings,) = connection.execute("PRAGMA integrity_check").fetchall()
    found = [str(finding) for (finding,) in findings if finding != "ok"]
    return found + [str(row) for row in connection.execute("PRAGMA foreign_key_check").fetchall()]


def timeline_faults(connection: sqlite3.Connection, key: bytes) -> list[str]:
    """Return where the timelines' chain is not as it was sealed; before the first start it is not yet."""
    faults = verified_on(connection, key).faults
    return [f"the timeline: {one}" for one in faults if one.wrong is not Wrong.NEVER_BEGUN]


def connection_of(storage: SqliteStorage) -> sqlite3.Connection:
    """Return the one connection, on which no transaction is open between two steps."""
    connection: sqlite3.Connection = storage._writer._connection  # type: ignore[attr-defined]
    return connection


def books_of(storage: SqliteStorage) -> Books:
    return read_books(connection_of(storage))
