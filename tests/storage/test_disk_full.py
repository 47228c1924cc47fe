"""A disk without space refuses writes, lets reads go on, and heals by itself."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok
from pgw.storage.port import StorageUnavailable
from pgw.storage.sqlite import SqliteStorage
from tests.merchants import a_merchant

if TYPE_CHECKING:
    from pgw.storage.port import Storage
    from tests.storage.conftest import Changes, Database


def _limit_pages(connection: sqlite3.Connection, pages: int) -> None:
    connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()


async def _fill(storage: Storage, changes: Changes) -> int:
    """Write until the disk is full; return how many were written."""
    for written in range(500):
        match await storage.write(changes.accepted(description="x" * 255)):
            case Err(refusal):
                assert refusal is Refusal.STORAGE_UNAVAILABLE
                return written
    pytest.fail("the disk took everything")


async def _add_merchants(storage: Storage) -> None:
    for number in range(500):
        await storage.add_merchant(a_merchant(f"mer_{number}", "x" * 255))


async def test_a_full_disk_refuses_writes_goes_on_reading_and_heals(
    database: Database, changes: Changes
) -> None:
    first, ended = changes.accepted(), changes.accepted("mer_b")
    async with database.open() as storage:
        assert isinstance(storage, SqliteStorage)
        await storage.write(first)
        await storage.write(ended)
        await storage._writer.run(_limit_pages, 1)
        full_at = 1 + await _fill(storage, changes)
        with pytest.raises(StorageUnavailable, match="full"):
            await _add_merchants(storage)
        assert not await storage.check()
        assert first == await storage.change_of(first.job.id)
        assert full_at == await storage.last_seq("mer_a")
        await storage._writer.run(_limit_pages, 1_000_000)
        assert Ok(None) == await storage.write(changes.authorized(ended))
        assert Ok(None) == await storage.write(changes.accepted())
        assert await storage.check()
        seqs = [event.seq for event in database.published if event.job.merchant_id == "mer_a"]
        assert list(range(1, full_at + 2)) == seqs
    async with database.open() as storage:
        assert full_at + 1 == await storage.last_seq("mer_a")


async def test_a_read_that_fails_is_said_to_be_unavailable(database: Database, changes: Changes) -> None:
    async with database.open() as storage:
        assert isinstance(storage, SqliteStorage)
        await storage.write(changes.accepted())
        await storage._reader.run(sqlite3.Connection.close)
        with pytest.raises(StorageUnavailable):
            await storage.job("mer_a", "job_x")
        with pytest.raises(StorageUnavailable):
            await storage.events_after("mer_a", 0)
        assert not await storage.check()
        assert Ok(None) == await storage.write(changes.accepted()), "writes go on"
