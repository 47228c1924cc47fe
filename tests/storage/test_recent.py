from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from pgw.storage import sqlite as sqlite_storage
from pgw.storage.recent import RecentChanges
from pgw.storage.sqlite import SqliteStorage

if TYPE_CHECKING:
    from pgw.domain.job import Job
    from pgw.domain.payment import Payment
    from pgw.storage.port import Change, Storage
    from tests.storage.conftest import Changes, Database


def test_a_change_is_found_by_its_job_and_its_payment(changes: Changes) -> None:
    recent, change = RecentChanges(2), changes.accepted()
    recent.add(change)
    assert change is recent.of_job(change.job.id)
    assert change is recent.of_payment(change.payment.id)


def test_the_newest_change_of_a_payment_is_the_one_found(changes: Changes) -> None:
    recent, accepted = RecentChanges(2), changes.accepted()
    approved = changes.authorized(accepted)
    recent.add(accepted)
    recent.add(approved)
    assert approved is recent.of_job(accepted.job.id)
    assert approved is recent.of_payment(accepted.payment.id)


def test_the_oldest_gives_way_in_both_look_ups(changes: Changes) -> None:
    recent, (oldest, middle, newest) = RecentChanges(2), (changes.accepted() for _ in range(3))
    for change in (oldest, middle, newest):
        recent.add(change)
    assert [None, middle, newest] == [recent.of_job(one.job.id) for one in (oldest, middle, newest)]
    assert [None, middle, newest] == [recent.of_payment(one.payment.id) for one in (oldest, middle, newest)]


def test_a_changed_one_is_the_newest_again(changes: Changes) -> None:
    recent, (first, second, third) = RecentChanges(2), (changes.accepted() for _ in range(3))
    for change in (first, second, changes.authorized(first), third):
        recent.add(change)
    assert recent.of_job(second.job.id) is None
    assert recent.of_payment(first.payment.id) is not None


def test_it_never_holds_more_than_its_capacity(changes: Changes) -> None:
    recent = RecentChanges(10)
    for _ in range(100):
        accepted = changes.accepted()
        recent.add(accepted)
        recent.add(changes.doubted(accepted))
    assert (10, 10) == (len(recent._by_job), len(recent._by_payment))


async def _read(storage: Storage, change: Change) -> tuple[Job | None, Payment | None]:
    return (
        await storage.job(change.job.merchant_id, change.job.id),
        await storage.payment(change.job.merchant_id, change.payment.id),
    )


async def test_what_is_kept_at_hand_is_what_the_database_holds(database: Database, changes: Changes) -> None:
    accepted = [changes.accepted(merchant_id) for merchant_id in ("mer_a", "mer_b") for _ in range(5)]
    outcomes = (changes.authorized, changes.declined, changes.failed, changes.doubted)
    async with database.open() as storage:
        for change in accepted:
            await storage.write(change)
        for outcome, change in zip(outcomes * 2, accepted[:-2], strict=True):
            await storage.write(outcome(change))
        at_hand = [await _read(storage, change) for change in accepted]
    async with database.open() as storage:
        assert at_hand == [await _read(storage, change) for change in accepted]


async def test_a_recent_change_is_read_without_the_database(database: Database, changes: Changes) -> None:
    change = changes.accepted()
    async with database.open() as storage:
        assert isinstance(storage, SqliteStorage)
        await storage.write(change)
        await storage._reader.run(sqlite3.Connection.close)
        assert (change.job, change.payment) == await _read(storage, change)


async def test_what_gave_way_is_read_from_the_database(
    database: Database, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_storage, "RECENT_CHANGES", 2)
    written = [changes.accepted() for _ in range(5)]
    async with database.open() as storage:
        for change in written:
            await storage.write(change)
        assert [(one.job, one.payment) for one in written] == [await _read(storage, one) for one in written]


async def test_a_refused_change_is_not_at_hand(database: Database, changes: Changes) -> None:
    accepted = changes.accepted()
    overdrawn = changes.authorized(accepted)
    overdrawn = evolve(overdrawn, payment=evolve(overdrawn.payment, captured=1051))
    async with database.open() as storage:
        await storage.write(accepted)
        with pytest.raises(Exception, match="captured"):
            await storage.write(overdrawn)
        assert (accepted.job, accepted.payment) == await _read(storage, accepted)
