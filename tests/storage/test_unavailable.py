"""A disk that takes nothing, or not in time: `StorageUnavailable`, and nothing written."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from pgw.domain.errors import Refusal
from pgw.domain.merchant import ApiKey, Merchant
from pgw.domain.result import Err, Ok
from pgw.storage import sqlite
from pgw.storage.group_commit import commit_group
from pgw.storage.port import StorageUnavailable
from pgw.storage.sqlite import PATIENCE_SECONDS, SqliteStorage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgw.domain.job import JobEvent
    from pgw.domain.result import Result
    from pgw.storage.port import Change, Storage
    from tests.storage.conftest import Changes, Database

REFUSED = Err(Refusal.STORAGE_UNAVAILABLE)


class StuckEngine:
    """Does nothing until it is let, then says that all was written."""

    def __init__(self) -> None:
        self.free = trio.Event()
        self.groups: list[int] = []

    async def run(self, function: Callable[..., Any], *args: Any, **_: Any) -> Any:
        assert function is commit_group
        _, rows = args
        self.groups.append(len(rows))
        await self.free.wait()
        return list(range(1, len(rows) + 1))


class StuckStorage:
    def __init__(self, nursery: trio.Nursery) -> None:
        self.engine = StuckEngine()
        self.published: list[JobEvent] = []
        self.storage = SqliteStorage(self.engine, self.engine, self.published.extend, 0)
        self.answers: list[Result[None, Refusal]] = []
        self._nursery = nursery
        nursery.start_soon(self.storage.run)

    async def write(self, *written: Change) -> None:
        """Begin to write, and return when all wait or are answered."""
        for change in written:
            self._nursery.start_soon(self._write, change)
        await wait_all_tasks_blocked()

    async def _write(self, change: Change) -> None:
        self.answers.append(await self.storage.write(change))


async def test_a_full_waiting_list_refuses_at_once(changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MOST_WAITING", 3)
    async with trio.open_nursery() as nursery:
        stuck = StuckStorage(nursery)
        await stuck.write(changes.accepted())
        await stuck.write(*(changes.accepted() for _ in range(5)))
        assert [REFUSED] * 2 == stuck.answers
        stuck.engine.free.set()
        await wait_all_tasks_blocked()
        assert [REFUSED] * 2 + [Ok(None)] * 4 == stuck.answers
        assert [1, 3] == stuck.engine.groups
        nursery.cancel_scope.cancel()


@pytest.mark.usefixtures("autojump_clock")
async def test_a_write_whose_group_does_not_begin_in_time_is_refused(changes: Changes) -> None:
    begun, *waiting = (changes.accepted() for _ in range(3))
    async with trio.open_nursery() as nursery:
        stuck = StuckStorage(nursery)
        await stuck.write(begun)
        await stuck.write(*waiting)
        await trio.sleep(PATIENCE_SECONDS * 0.95)
        assert [] == stuck.answers
        await trio.sleep(PATIENCE_SECONDS * 0.3)
        assert [REFUSED] * 2 == stuck.answers
        stuck.engine.free.set()
        await wait_all_tasks_blocked()
        assert [REFUSED, REFUSED, Ok(None)] == stuck.answers
        assert [begun.job] == [event.job for event in stuck.published]
        assert [1] == stuck.engine.groups
        nursery.cancel_scope.cancel()


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
        key = ApiKey(f"{number:x>64}", f"mer_{number}", demo=False)
        await storage.add_merchant(Merchant(f"mer_{number}", "x" * 255), key)


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
        assert await storage.check()
        assert first == await storage.change_of(first.job.id)
        assert full_at == await storage.last_seq("mer_a")
        await storage._writer.run(_limit_pages, 1_000_000)
        assert Ok(None) == await storage.write(changes.authorized(ended))
        assert Ok(None) == await storage.write(changes.accepted())
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
