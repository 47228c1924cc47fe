"""Conformance of every engine: `seq` is contiguous from 1 for each merchant, in the order of commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from pgw.domain.result import Ok

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgw.domain.job import JobEvent
    from pgw.storage.port import Storage
    from tests.storage.conftest import Changes, Database

MERCHANTS = ("mer_a", "mer_b", "mer_c")
WRITERS_A_MERCHANT = 20
PAYMENTS_A_WRITER = 5


async def _pay(storage: Storage, database: Database, changes: Changes, merchant_id: str) -> None:
    """Write payments one after the other; each event is out before its write returns."""
    for _ in range(PAYMENTS_A_WRITER):
        accepted = changes.accepted(merchant_id)
        for change in (accepted, changes.authorized(accepted)):
            assert Ok(None) == await storage.write(change)
            assert change.job in [event.job for event in database.published[-200:]]


async def _pay_at_once(storage: Storage, database: Database, changes: Changes) -> None:
    async with trio.open_nursery() as nursery:
        for merchant_id in MERCHANTS * WRITERS_A_MERCHANT:
            nursery.start_soon(_pay, storage, database, changes, merchant_id)


def _of(merchant_id: str, events: Sequence[JobEvent]) -> list[JobEvent]:
    return [event for event in events if event.job.merchant_id == merchant_id]


async def test_many_writers_leave_no_gap_and_publish_in_order(database: Database, changes: Changes) -> None:
    events_a_merchant = 2 * WRITERS_A_MERCHANT * PAYMENTS_A_WRITER
    async with database.open() as storage:
        await _pay_at_once(storage, database, changes)
        for merchant_id in MERCHANTS:
            published = _of(merchant_id, database.published)
            assert list(range(1, events_a_merchant + 1)) == [event.seq for event in published]
            assert published == await storage.events_after(merchant_id, 0)


async def test_a_reopened_database_goes_on_counting(database: Database, changes: Changes) -> None:
    for opening in (1, 2, 3):
        async with database.open() as storage:
            assert opening - 1 == await storage.last_seq("mer_a")
            await storage.write(changes.accepted("mer_a"))
    assert [1, 2, 3] == [event.seq for event in database.published]


async def test_an_open_stream_reads_what_was_just_written(database: Database, changes: Changes) -> None:
    """The reader beside the writer sees a commit as soon as its write returned."""
    async with database.open() as storage:
        for seq in range(1, 101):
            await storage.write(changes.accepted())
            assert seq == await storage.last_seq("mer_a")
