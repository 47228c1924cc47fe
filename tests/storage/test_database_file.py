"""The file as the gateway keeps it: its pragmas, its reader, its log."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from pgw.storage.sqlite import SqliteStorage

if TYPE_CHECKING:
    from pgw.storage.engine import Engine
    from pgw.storage.port import Storage
    from tests.storage.conftest import Database

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 0}
LARGEST_LOG_BYTES = 24 * 2**20


def _read_pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _execute(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute(statement)


def _engines(storage: Storage) -> tuple[Engine, Engine]:
    assert isinstance(storage, SqliteStorage)
    return storage._writer, storage._reader


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
