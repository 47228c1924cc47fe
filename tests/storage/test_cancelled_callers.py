"""A caller that is cancelled leaves nothing or all it wrote; one that waits at the end is answered."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from random import Random
from typing import TYPE_CHECKING

import trio
from trio.testing import wait_all_tasks_blocked

from pgw.domain.job import JobEvent
from pgw.domain.result import Ok

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pgw.domain.errors import Refusal
    from pgw.domain.idempotency import Claim
    from pgw.domain.result import Result
    from pgw.storage.port import Change, Storage
    from tests.storage.conftest import Changes, Database


@contextmanager
def _database_busy(path: Path) -> Iterator[None]:
    """Hold SQLite's write lock, so that a group that has begun waits, and all others wait for it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


async def _write(storage: Storage, change: Change, scope: trio.CancelScope) -> None:
    with scope:
        assert Ok(None) == await storage.write(change)


async def test_one_cancelled_while_it_waits_writes_nothing(database: Database, changes: Changes) -> None:
    running, waiting, cancelled = (changes.accepted() for _ in range(3))
    scope = trio.CancelScope()
    async with database.open() as storage:
        async with trio.open_nursery() as nursery:
            with _database_busy(database.path):
                nursery.start_soon(_write, storage, running, trio.CancelScope())
                await wait_all_tasks_blocked()
                nursery.start_soon(_write, storage, waiting, trio.CancelScope())
                nursery.start_soon(_write, storage, cancelled, scope)
                await wait_all_tasks_blocked()
                scope.cancel()
                await wait_all_tasks_blocked()
        assert scope.cancelled_caught
        assert [running.job, waiting.job] == [event.job for event in database.published]
        assert await storage.change_of(cancelled.job.id) is None


async def test_one_cancelled_while_its_group_runs_is_written_whole(
    database: Database, changes: Changes
) -> None:
    cancelled, neighbour, next_one = (changes.accepted() for _ in range(3))
    scope = trio.CancelScope()
    async with database.open() as storage:
        async with trio.open_nursery() as nursery:
            with _database_busy(database.path):
                nursery.start_soon(_write, storage, cancelled, scope)
                nursery.start_soon(_write, storage, neighbour, trio.CancelScope())
                await wait_all_tasks_blocked()
                scope.cancel()
                await wait_all_tasks_blocked()
        assert scope.cancelled_caught
        assert Ok(None) == await storage.write(next_one)
        assert [1, 2, 3] == [event.seq for event in database.published]
        assert cancelled == await storage.change_of(cancelled.job.id)
    async with database.open() as storage:
        assert cancelled == await storage.change_of(cancelled.job.id)


async def test_a_job_opened_and_ended_in_one_group_has_both_events(
    database: Database, changes: Changes
) -> None:
    before, accepted = changes.accepted(), changes.accepted()
    steps = [before, accepted, changes.doubted(accepted)]
    async with database.open() as storage:
        async with trio.open_nursery() as nursery:
            with _database_busy(database.path):
                for change in steps:
                    nursery.start_soon(_write, storage, change, trio.CancelScope())
                    await wait_all_tasks_blocked()
        assert [change.job for change in steps] == [event.job for event in database.published]
        assert steps[-1] == await storage.change_of(accepted.job.id)


async def test_callers_cancelled_at_random_are_written_whole_or_not_at_all(
    database: Database, changes: Changes
) -> None:
    random = Random(17)
    written = [changes.accepted() for _ in range(200)]
    scopes = [trio.CancelScope() for _ in written]
    async with database.open() as storage:
        async with trio.open_nursery() as nursery:
            for change, scope in zip(written, scopes, strict=True):
                nursery.start_soon(_write, storage, change, scope)
                for _ in range(random.randrange(3)):
                    await trio.lowlevel.checkpoint()
                random.choice(scopes).cancel()
        assert Ok(None) == await storage.write(changes.accepted())
    async with database.open() as storage:
        events = await storage.events_after("mer_a", 0)
        stored = [change for change in written if await storage.change_of(change.job.id) is not None]
        assert list(range(1, len(stored) + 2)) == [event.seq for event in events]
        jobs = [event.job for event in events[:-1] if isinstance(event, JobEvent)]
        assert {job.id for job in jobs} == {change.job.id for change in stored}
        for change, scope in zip(written, scopes, strict=True):
            assert scope.cancelled_caught or change in stored
    assert database.published == events


async def test_a_cancelled_read_does_not_disturb_the_next(database: Database, changes: Changes) -> None:
    change = changes.accepted()
    async with database.open() as storage:
        await storage.write(change)
        for _ in range(20):
            with trio.CancelScope() as scope:
                scope.cancel()
                await storage.change_of(change.job.id)
        assert change == await storage.change_of(change.job.id)


async def test_what_waits_at_the_end_is_written(database: Database, changes: Changes) -> None:
    """The end of the storage begins while writes wait; they are answered as ever."""
    answers: list[Result[None, Refusal | Claim]] = []

    async def write(storage: Storage) -> None:
        answers.append(await storage.write(changes.accepted()))

    with trio.fail_after(20):
        async with trio.open_nursery() as callers, database.open() as storage:
            for _ in range(1000):
                callers.start_soon(write, storage)
            await trio.lowlevel.checkpoint()
    assert [Ok(None)] * 1000 == answers
    assert 1000 == len(database.published)


async def test_what_is_being_committed_is_found_by_the_actor_that_takes_it_up(
    database: Database, changes: Changes
) -> None:
    """A crash may cancel a payment's accept while it is committed; its restart must not miss it."""
    change, scope = changes.accepted(), trio.CancelScope()
    async with database.open() as storage, trio.open_nursery() as nursery:
        with _database_busy(database.path):
            nursery.start_soon(_write, storage, change, scope)
            await wait_all_tasks_blocked()
            scope.cancel()
        assert change == await storage.change_of(change.job.id)
