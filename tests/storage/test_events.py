"""Conformance of every engine: numbered events, paged and per job, and what a crash left open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgw.domain.job import JobEvent, JobEventType
from pgw.domain.result import Ok

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgw.storage.port import Change, Storage
    from tests.storage.conftest import Changes, Database


async def _write_all(storage: Storage, steps: Sequence[Change]) -> None:
    for change in steps:
        assert Ok(None) == await storage.write(change)


async def test_the_last_seq_counts_a_merchants_own_events_from_1(storage: Storage, changes: Changes) -> None:
    assert await storage.last_seq("mer_a") == 0
    await _write_all(
        storage, [changes.accepted("mer_a"), changes.accepted("mer_b"), changes.accepted("mer_a")]
    )
    assert [2, 1, 0] == [await storage.last_seq(merchant) for merchant in ("mer_a", "mer_b", "mer_c")]


async def test_an_unknown_merchant_has_no_events(storage: Storage) -> None:
    assert await storage.last_seq("mer_x") == 0
    assert [] == await storage.events_after("mer_x", 0)


async def test_each_event_has_its_job_as_it_was_then(storage: Storage, changes: Changes) -> None:
    opened = changes.accepted()
    doubted = changes.doubted(opened)
    failed = changes.failed(doubted)
    other = changes.accepted()
    declined = changes.declined(other)
    await _write_all(storage, [opened, other, doubted, declined, failed])
    assert [
        JobEvent(1, JobEventType.CREATED, opened.job),
        JobEvent(2, JobEventType.CREATED, other.job),
        JobEvent(3, JobEventType.UPDATED, doubted.job),
        JobEvent(4, JobEventType.COMPLETED, declined.job),
        JobEvent(5, JobEventType.FAILED, failed.job),
    ] == await storage.events_after("mer_a", 0)


async def test_events_are_published_as_they_are_stored(database: Database, changes: Changes) -> None:
    async with database.open() as storage:
        accepted = changes.accepted()
        await _write_all(storage, [accepted, changes.failed(accepted), changes.accepted()])
        assert database.published == await storage.events_after("mer_a", 0)


async def test_events_are_read_in_pages(storage: Storage, changes: Changes) -> None:
    await _write_all(storage, [changes.accepted() for _ in range(7)])
    pages = []
    after = 0
    while page := await storage.events_after("mer_a", after, limit=3):
        pages.append([event.seq for event in page])
        after = page[-1].seq
    assert [[1, 2, 3], [4, 5, 6], [7]] == pages


async def test_a_page_has_at_most_500_events_unless_told(storage: Storage, changes: Changes) -> None:
    await _write_all(storage, [changes.accepted() for _ in range(501)])
    assert list(range(1, 501)) == [event.seq for event in await storage.events_after("mer_a", 0)]


async def test_events_of_one_job_keep_their_merchants_seq(storage: Storage, changes: Changes) -> None:
    change, other = changes.accepted(), changes.accepted()
    await _write_all(storage, [other, change, changes.doubted(other), changes.authorized(change)])
    of_job = await storage.events_after("mer_a", 0, job_id=change.job.id)
    assert [2, 4] == [event.seq for event in of_job]
    assert [4] == [event.seq for event in await storage.events_after("mer_a", 2, job_id=change.job.id)]
    assert [2] == [
        event.seq for event in await storage.events_after("mer_a", 0, job_id=change.job.id, limit=1)
    ]


async def test_the_change_of_an_unknown_job_is_none(storage: Storage) -> None:
    assert await storage.change_of("job_x") is None
