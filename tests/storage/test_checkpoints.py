"""The log: emptied into the database by the one writer, bounded, and gone at the end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import trio

from pgw.domain.result import Ok
from pgw.storage import database as database_file
from pgw.storage import sqlite
from pgw.storage.port import StorageLost
from pgw.storage.sqlite import SqliteStorage

if TYPE_CHECKING:
    from pathlib import Path

    from pgw.storage.engine import Engine
    from pgw.storage.port import Storage
    from tests.storage.conftest import BreakWriter, Changes, Database

CHECKPOINT = "PRAGMA wal_checkpoint"
LARGEST_LOG_BYTES = 24 * 2**20


def _execute(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute(statement)


def _writer(storage: Storage) -> Engine:
    assert isinstance(storage, SqliteStorage)
    return storage._writer


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


async def _write_at_once(storage: Storage, changes: Changes, number: int) -> None:
    async def write() -> None:
        assert Ok(None) == await storage.write(changes.accepted(description="x" * 100))

    async with trio.open_nursery() as nursery:
        for _ in range(number):
            nursery.start_soon(write)


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
        writer = _writer(storage)
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


async def test_the_end_empties_the_log_though_another_program_has_the_database_open(
    database: Database, changes: Changes
) -> None:
    """SQLite empties it by itself only when the last connection of all is closed."""
    with closing(sqlite3.connect(database.path)) as shell:
        async with database.open() as storage:
            await storage.write(changes.accepted())
            shell.execute("SELECT count(*) FROM payments").fetchone()
        assert _log(database.path).stat().st_size == 0


async def test_a_checkpoint_without_space_costs_no_write_its_answer(
    database: Database, changes: Changes, break_writer: BreakWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "CHANGES_A_CHECKPOINT", 1)
    async with database.open() as storage:
        broken = break_writer(storage, (CHECKPOINT, sqlite3.SQLITE_FULL, False))
        for _ in range(2):
            assert Ok(None) == await storage.write(changes.accepted())
        assert broken.statements.count("PRAGMA wal_checkpoint(PASSIVE)") == 2


async def test_a_disk_without_space_does_not_fail_the_end(
    database: Database, break_writer: BreakWriter
) -> None:
    async with database.open() as storage:
        broken = break_writer(storage, (CHECKPOINT, sqlite3.SQLITE_FULL, False))
        await broken.run(database_file.checkpoint_all)
        assert ["PRAGMA wal_checkpoint(TRUNCATE)"] == broken.statements


async def test_a_failed_fsync_of_a_checkpoint_ends_the_storage(
    database: Database, changes: Changes, break_writer: BreakWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "CHANGES_A_CHECKPOINT", 1)
    with pytest.RaisesGroup(StorageLost, flatten_subgroups=True):
        async with database.open() as storage:
            break_writer(storage, (CHECKPOINT, sqlite3.SQLITE_IOERR_FSYNC, False))
            await storage.write(changes.accepted())
