"""Each entry is written with the change that it tells of, in one chain, whatever becomes of a group."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import evolve
from structlog.testing import capture_logs

from pgw.audit.verification import KeptHead, Wrong
from pgw.domain.delivery import DeliveryStatus
from pgw.domain.idempotency import Claim
from pgw.domain.result import Err, Ok
from pgw.domain.timeline import By, Fact, Happening, TimelineEntry
from pgw.storage.port import StorageLost, StorageUnavailable
from pgw.storage.sqlite import open_storage
from tests.merchants import a_merchant
from tests.storage.conftest import NOW
from tests.storage.test_webhooks import FAR, LATER, an_endpoint, tried
from tests.timeline import TIMELINE_KEY, verified

if TYPE_CHECKING:
    from pathlib import Path

    from pgw.domain.delivery import TriedDelivery
    from pgw.storage.port import Change, Storage
    from pgw.storage.sqlite import SqliteStorage
    from tests.storage.conftest import BreakWriter, Changes, Database

WRITE, COMMIT, HEAD = "INSERT INTO change_groups", "COMMIT", "SELECT number, hash, sealed_by"


def telling(change: Change, *numbers: int) -> Change:
    entries = [
        TimelineEntry(Happening.SUBMITTED, By.BANK, NOW + timedelta(seconds=number), {"attempt": number})
        for number in numbers or (1, 2)
    ]
    return evolve(change, entries=tuple(entries))


async def write_all(storage: Storage, *group: Change) -> list[object]:
    """Write changes that wait for one group, and return what each was answered."""
    answers: list[object] = [None] * len(group)

    async def write(position: int) -> None:
        try:
            answers[position] = await storage.write(group[position])
        except (sqlite3.IntegrityError, UnicodeEncodeError) as error:
            answers[position] = type(error)

    async with trio.open_nursery() as nursery:
        for position in range(len(group)):
            nursery.start_soon(write, position)
    return answers


async def assert_whole(storage: Storage, entries: int) -> None:
    walked = await verified(storage)
    assert ((), entries) == (walked.faults, walked.verified)


async def attempts_of(storage: Storage, change: Change) -> list[object]:
    recorded = await storage.timeline(change.payment.merchant_id, change.payment.id, 0, 100)
    assert recorded is not None
    return [one.entry.facts.get("attempt") for one in recorded]


async def test_what_happened_is_told_in_order_and_last_what_it_led_to(
    storage: SqliteStorage, changes: Changes
) -> None:
    accepted = telling(changes.accepted(), 1, 2)
    charged = telling(changes.authorized(accepted), 3, 4)
    watched = evolve(telling(charged, 5), is_told=False)
    for change in (accepted, charged, watched):
        assert Ok(None) == await storage.write(change)
    recorded = await storage.timeline("mer_a", accepted.payment.id, 0, 100)
    assert recorded is not None
    nothing: dict[str, Fact] = {}
    created: dict[str, Fact] = {"jobStatus": "Created", "paymentStatus": "Created"}
    approved: dict[str, Fact] = {"jobStatus": "Completed", "paymentStatus": "Approved"}
    led_to = [nothing, created, nothing, approved, nothing]
    entries = [entry for change in (accepted, charged, watched) for entry in change.entries]
    assert [
        (number, accepted.job.id, evolve(entry, facts={**entry.facts, **more}))
        for number, (entry, more) in enumerate(zip(entries, led_to, strict=True), 1)
    ] == [(one.number, one.job_id, one.entry) for one in recorded]


async def test_a_timeline_is_read_by_pages_and_is_its_merchants_alone(
    storage: SqliteStorage, changes: Changes
) -> None:
    one, other = telling(changes.accepted(), 1, 2, 3), telling(changes.accepted(), 4)
    await write_all(storage, one, other)
    page = await storage.timeline("mer_a", one.payment.id, 1, 1)
    assert page is not None
    assert [(2, 2)] == [(entry.number, entry.entry.facts["attempt"]) for entry in page]
    assert [4] == await attempts_of(storage, other)
    assert [] == await storage.timeline("mer_a", one.payment.id, 3, 10)
    assert (None, None) == (
        await storage.timeline("mer_b", one.payment.id, 0, 10),
        await storage.timeline("mer_a", "pay_x", 0, 10),
    )


async def test_the_chain_goes_on_over_many_groups_and_openings(database: Database, changes: Changes) -> None:
    kept = []
    for _ in range(3):
        async with database.open() as storage:
            for size in (1, 5):
                await write_all(storage, *(telling(changes.accepted()) for _ in range(size)))
                await storage.write(changes.accepted())  # nothing happened
            walked = await verified(storage)
            kept.append(KeptHead(walked.number, walked.hash))
    assert [12, 24, 36] == [head.number for head in kept]
    async with database.open() as storage:
        for head in kept:
            assert () == (await verified(storage, head)).faults
        await assert_whole(storage, 36)


async def test_what_is_refused_or_was_accepted_before_leaves_no_gap(
    storage: SqliteStorage, changes: Changes
) -> None:
    """A group that is rolled back is written again, each change behind a savepoint of its own."""
    claim = Claim("k" * 64, "f" * 64, "job_000001", "{}")
    claimed = evolve(telling(changes.accepted()), claim=claim)
    assert Ok(None) == await storage.write(claimed)
    first, wrong, last = (telling(changes.accepted()) for _ in range(3))
    wrong = evolve(wrong, payment=evolve(wrong.payment, captured=1051))
    unreadable = telling(changes.accepted())
    unreadable = evolve(unreadable, entries=(evolve(unreadable.entries[0], facts={"detail": "\ud83d"}),))
    again = evolve(telling(changes.accepted()), claim=claim)
    answers = await write_all(storage, first, wrong, unreadable, again, last)
    assert [Ok(None), sqlite3.IntegrityError, UnicodeEncodeError, Err(claim), Ok(None)] == answers
    await assert_whole(storage, 6)


async def test_of_two_in_one_group_under_one_key_the_second_is_not_told_of(
    storage: SqliteStorage, changes: Changes
) -> None:
    claimed = [telling(changes.accepted()) for _ in range(2)]
    claims = [Claim("k" * 64, "f" * 64, change.job.id, "{}") for change in claimed]
    group = [evolve(change, claim=claim) for change, claim in zip(claimed, claims, strict=True)]
    answers = await write_all(storage, *group)
    assert answers in ([Ok(None), Err(claims[0])], [Err(claims[1]), Ok(None)])
    await assert_whole(storage, 2)


@pytest.mark.parametrize("takes_place", [True, False])
@pytest.mark.parametrize("statement", [WRITE, COMMIT])
async def test_the_chain_is_where_the_disk_is_whatever_a_commit_reports(
    statement: str,
    takes_place: bool,
    database: Database,
    changes: Changes,
    break_writer: BreakWriter,
) -> None:
    group = [telling(changes.accepted()) for _ in range(3)]
    if statement == COMMIT:  # of a group that is written one by one
        group[1] = evolve(group[1], payment=evolve(group[1].payment, captured=1051))
    async with database.open() as storage:
        await storage.write(telling(changes.accepted()))
        break_writer(storage, (statement, sqlite3.SQLITE_IOERR_WRITE, takes_place))
        await write_all(storage, *group)
        await storage.write(telling(changes.accepted()))
        written = (3 - (statement == COMMIT)) if takes_place else 0
        await assert_whole(storage, 2 * (2 + written))


async def a_try(storage: SqliteStorage, changes: Changes) -> TriedDelivery:
    """Return the try of a delivery about a payment, to be recorded."""
    await storage.add_endpoint(an_endpoint())
    change = telling(changes.accepted())
    await storage.write(change)
    (due,) = (await storage.due_deliveries("whe_b", LATER, FAR, limit=9)).deliveries
    made = tried(due, DeliveryStatus.PENDING, 1, status_code=500)
    return evolve(made, payment_id=change.payment.id, job_id=change.job.id)


async def test_a_try_to_deliver_a_webhook_is_told_and_outlives_its_delivery(
    storage: SqliteStorage, changes: Changes
) -> None:
    made = await a_try(storage, changes)
    await storage.record_try(made)
    hung = evolve(made.made, number=2, status_code=None, error="It hung.")
    await storage.record_try(evolve(made, made=hung, status=DeliveryStatus.DELIVERED, due_at=None))
    assert 1 == await storage.forget_events("mer_a", FAR, 10)
    await storage.record_try(evolve(made, made=evolve(made.made, number=3)))
    assert made.payment_id is not None
    told = await storage.timeline("mer_a", made.payment_id, 2, 10)
    assert told is not None
    of_all: dict[str, Fact] = {"endpointId": "whe_b", "deliveryId": made.key.id, "milliseconds": 20}
    facts: list[dict[str, Fact]] = [{"statusCode": 500}, {"error": "It hung."}, {"statusCode": 500}]
    assert [
        TimelineEntry(Happening.WEBHOOK_TRIED, By.GATEWAY, LATER, {**of_all, "try": number, **came})
        for number, came in enumerate(facts, 1)
    ] == [one.entry for one in told]
    await assert_whole(storage, 5)


@pytest.mark.parametrize("takes_place", [True, False])
async def test_a_try_whose_commit_reports_an_error_is_told_once(
    takes_place: bool, database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    async with database.open() as storage:
        made = await a_try(storage, changes)
        break_writer(storage, (COMMIT, sqlite3.SQLITE_IOERR_WRITE, takes_place))
        if takes_place:
            await storage.record_try(made)
        else:
            with pytest.raises(StorageUnavailable):
                await storage.record_try(made)
            await storage.record_try(made)
        await assert_whole(storage, 3)


async def test_tries_that_cannot_be_read_back_end_the_storage(
    database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    with pytest.RaisesGroup(StorageLost, StorageUnavailable, flatten_subgroups=True):
        async with database.open() as storage, trio.open_nursery() as nursery:
            made = await a_try(storage, changes)
            faults = (COMMIT, sqlite3.SQLITE_FULL, True), (HEAD, sqlite3.SQLITE_IOERR_READ, False)
            break_writer(storage, *faults)
            nursery.start_soon(storage.record_try, made)
            await trio.sleep_forever()


async def test_nothing_that_is_to_be_told_is_written_without_a_key(tmp_path: Path, changes: Changes) -> None:
    with pytest.RaisesGroup(AssertionError, flatten_subgroups=True):
        async with open_storage(tmp_path / "pgw.db", lambda _: None) as storage:
            await storage.add_merchant(a_merchant())
            await storage.write(telling(changes.accepted()))


async def test_another_secret_is_said_loudly_and_gone_on_with(database: Database, changes: Changes) -> None:
    other = b"another key, after one was lost."
    async with database.open() as storage:
        await storage.write(telling(changes.accepted()))
        with capture_logs() as lines:
            await storage.resume_timeline(other)
        assert [("TimelineDamaged", "critical")] == [(one["event"], one["log_level"]) for one in lines]
        assert lines[0]["Reason"].startswith("It was sealed under another secret")
        await storage.write(telling(changes.accepted()))
        walked = await verified(storage, key=other)
        (fault,) = walked.faults
        assert (Wrong.ANOTHER_SECRET, 1, 2) == (fault.wrong, fault.number, walked.verified)
        with capture_logs() as lines:
            await storage.resume_timeline(other)
        assert [] == lines
        (fault,) = (await verified(storage, key=TIMELINE_KEY)).faults
        assert (Wrong.ANOTHER_SECRET, 3) == (fault.wrong, fault.number)
