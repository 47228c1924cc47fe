"""The file as the gateway keeps it: its pragmas, its reader, its log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import trio

from pgw.domain.result import Ok
from pgw.storage import database as database_file
from pgw.storage.sqlite import SqliteStorage

if TYPE_CHECKING:
    from pathlib import Path

    from pgw.storage.engine import Engine
    from pgw.storage.port import Storage
    from tests.storage.conftest import Changes, Database

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 0}
LARGEST_LOG_BYTES = 24 * 2**20


def _read_pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _execute(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute(statement)


def _engines(storage: Storage) -> tuple[Engine, Engine]:
    assert isinstance(storage, SqliteStorage)
    return storage._writer, storage._reader


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


async def _write_at_once(storage: Storage, changes: Changes, number: int) -> None:
    async def write() -> None:
        assert Ok(None) == await storage.write(changes.accepted(description="x" * 100))

    async with trio.open_nursery() as nursery:
        for _ in range(number):
            nursery.start_soon(write)


async def test_the_writer_is_set_to_lose_nothing(database: Database) -> None:
    async with database.open() as storage:
        writer, _ = _engines(storage)
        assert PRAGMAS == {name: await writer.run(_read_pragma, name) for name in PRAGMAS}


async def test_the_reader_cannot_write(database: Database) -> None:
    async with database.open() as storage:
        _, reader = _engines(storage)
        assert await reader.run(_read_pragma, "query_only") == 1
        await reader.run(_execute, "PRAGMA query_only = 0")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await reader.run(_execute, "DELETE FROM payments")


async def test_the_log_is_bounded_while_many_changes_are_written(
    database: Database, changes: Changes
) -> None:
    sizes = []
    async with database.open() as storage:
        for _ in range(25):
            await _write_at_once(storage, changes, 400)
            sizes.append(_log(database.path).stat().st_size)
        assert await storage.last_seq("mer_a") == 10_000
    assert max(sizes) < LARGEST_LOG_BYTES
    assert max(sizes[12:]) <= 1.5 * max(sizes[:12]), "it no longer grows"
    assert database.path.stat().st_size > max(sizes), "so it was not all in the log"


async def test_a_log_past_its_bound_is_emptied(
    database: Database, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_file, "LARGEST_LOG_PAGES", 20)
    async with database.open() as storage:
        writer, _ = _engines(storage)
        with closing(sqlite3.connect(database.path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM payments").fetchone()
            await _write_at_once(storage, changes, 200)
            await writer.run(_execute, "PRAGMA busy_timeout = 10")
            await writer.run(database_file.checkpoint)
            assert _log(database.path).stat().st_size > 20 * 4096, "a long read keeps it"
            reader.execute("COMMIT")
        await writer.run(database_file.checkpoint)
        assert _log(database.path).stat().st_size == 0


async def test_a_clean_end_leaves_everything_in_the_database_and_nothing_in_the_log(
    database: Database, changes: Changes
) -> None:
    async with database.open() as storage:
        await _write_at_once(storage, changes, 100)
        assert _log(database.path).stat().st_size > 0
    assert not _log(database.path).exists() or _log(database.path).stat().st_size == 0
    copy = database.path.with_name("copy.db")
    copy.write_bytes(database.path.read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (100,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_what_waits_at_the_end_is_written(database: Database, changes: Changes) -> None:
    """The end of the storage begins while writes wait; they are answered as ever."""
    answers = []

    async def write(storage: Storage) -> None:
        answers.append(await storage.write(changes.accepted()))

    async with trio.open_nursery() as callers, database.open() as storage:
        for _ in range(1000):
            callers.start_soon(write, storage)
        await trio.lowlevel.checkpoint()
    assert [Ok(None)] * 1000 == answers
    assert 1000 == len(database.published)
