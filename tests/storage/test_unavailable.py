"""A disk that takes nothing, or not in time: `StorageUnavailable`, and nothing written."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.result import Err, Ok
from pgw.storage import sqlite
from pgw.storage.group_commit import commit_group
from pgw.storage.sqlite import PATIENCE_SECONDS, SqliteStorage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pgw.domain.result import Result
    from pgw.storage.port import Change
    from tests.storage.conftest import Changes

REFUSED = Err(Refusal.STORAGE_UNAVAILABLE)


class StuckEngine:
    """Does nothing until it is let, then says that all was written."""

    def __init__(self) -> None:
        self.free = trio.Event()
        self.groups: list[int] = []

    async def run(self, function: Callable[..., Any], *args: Any, **_: Any) -> Any:  # noqa: ARG002
        statement, _, rows, _ = args
        assert statement is commit_group
        self.groups.append(len(rows))
        await self.free.wait()
        return list(range(1, len(rows) + 1))


class StuckStorage:
    def __init__(self, nursery: trio.Nursery) -> None:
        self.engine = StuckEngine()
        self.published: list[Any] = []
        self.storage = SqliteStorage(self.engine, self.engine, self.published.extend, 0)
        self.answers: list[Result[None, Refusal | Claim]] = []
        self._nursery = nursery
        nursery.start_soon(self.storage.run)

    async def write(self, *written: Change) -> None:
        """Begin to write, and return when all wait or are answered."""
        for change in written:
            self._nursery.start_soon(self._write, change)
        await wait_all_tasks_blocked()

    async def _write(self, change: Change) -> None:
        self.answers.append(await self.storage.write(change))


@asynccontextmanager
async def _stuck_storage() -> AsyncIterator[StuckStorage]:
    """Run a storage; at the end let its disk, since a group that has begun cannot be cancelled."""
    async with trio.open_nursery() as nursery:
        stuck = StuckStorage(nursery)
        try:
            yield stuck
        finally:
            stuck.engine.free.set()
            nursery.cancel_scope.cancel()


async def test_a_full_waiting_list_refuses_at_once(changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MOST_WAITING", 3)
    async with _stuck_storage() as stuck:
        await stuck.write(changes.accepted())
        await stuck.write(*(changes.accepted() for _ in range(5)))
        assert [REFUSED] * 2 == stuck.answers
        stuck.engine.free.set()
        await wait_all_tasks_blocked()
        assert [REFUSED] * 2 + [Ok(None)] * 4 == stuck.answers
        assert [1, 3] == stuck.engine.groups


async def test_a_write_whose_group_does_not_begin_in_time_is_refused(
    changes: Changes,
    autojump_clock: MockClock,  # noqa: ARG001 - the test runs on it
) -> None:
    begun, *waiting = (changes.accepted() for _ in range(3))
    async with _stuck_storage() as stuck:
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
