"""What was accepted under an idempotency key is kept with it, by one transaction, and found again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.result import Err, Ok
from tests.storage.conftest import NOW, Database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pgw.storage.port import Change, Storage
    from tests.storage.conftest import BreakWriter, Changes

WRITE, COMMIT = "INSERT INTO change_groups", "COMMIT"
CLAIMS = "\n    SELECT merchant_id, key, fingerprint"
KEY, OTHER_KEY = "a" * 64, "b" * 64
REFUSED = Err(Refusal.STORAGE_UNAVAILABLE)
LATER = NOW + timedelta(days=2)


def claiming(change: Change, key: str = KEY) -> Change:
    answer = f'{{"jobId":"{change.job.id}","amount":10.50,"é":"\\u0000"}}'
    return evolve(change, claim=Claim(key, "f" * 64, change.job.id, answer))


async def _write_as_a_group(storage: Storage, *group: Change) -> list[object]:
    answers: list[object] = [None] * len(group)

    async def write(position: int) -> None:
        try:
            answers[position] = await storage.write(group[position])
        except sqlite3.IntegrityError as error:
            answers[position] = error

    async with trio.open_nursery() as nursery:
        for position in range(len(group)):
            nursery.start_soon(write, position)
    return answers


async def test_a_second_accept_under_a_key_is_answered_the_first_and_writes_nothing(
    database: Database, changes: Changes
) -> None:
    first, second = claiming(changes.accepted()), claiming(changes.accepted(minor_units=7))
    async with database.open() as storage:
        assert Ok(None) == await storage.write(first)
        assert Err(first.claim) == await storage.write(second)
        assert await storage.change_of(second.job.id) is None
        assert (1, [first.job]) == (await storage.last_seq("mer_a"), [one.job for one in database.published])
    async with database.open() as storage:
        assert Err(first.claim) == await storage.write(second)


async def test_a_key_is_its_merchants_and_no_other_key(storage: Storage, changes: Changes) -> None:
    theirs = claiming(changes.accepted("mer_b"))
    for change in (claiming(changes.accepted()), claiming(changes.accepted(), OTHER_KEY), theirs):
        assert Ok(None) == await storage.write(change)
    assert Err(theirs.claim) == await storage.write(claiming(changes.accepted("mer_b")))


async def test_a_change_of_the_job_later_on_leaves_its_claim_alone(
    storage: Storage, changes: Changes
) -> None:
    first = claiming(changes.accepted())
    await storage.write(first)
    assert Ok(None) == await storage.write(changes.authorized(first))
    assert Err(first.claim) == await storage.write(claiming(changes.accepted()))


async def test_a_repeat_in_a_group_leaves_its_neighbours_alone(database: Database, changes: Changes) -> None:
    first, repeat = claiming(changes.accepted()), claiming(changes.accepted())
    before, behind = changes.accepted(), claiming(changes.accepted(), OTHER_KEY)
    async with database.open() as storage:
        await storage.write(first)
        assert [Ok(None), Err(first.claim), Ok(None)] == await _write_as_a_group(
            storage, before, repeat, behind
        )
        assert [1, 2, 3] == [event.seq for event in database.published]
        assert {before.job.id, behind.job.id} == {event.job.id for event in database.published[1:]}
        assert Err(behind.claim) == await storage.write(claiming(changes.accepted(), OTHER_KEY))


def as_one_accepted(both: Sequence[Change], answers: Sequence[object]) -> Change:
    """Hold that one of the two was written and the other was answered it, and return that one."""
    written, other = both if answers[0] == Ok(None) else reversed(both)
    expected = {written.job.id: Ok(None), other.job.id: Err(written.claim)}
    assert expected == dict(zip((one.job.id for one in both), answers, strict=True))
    return written


async def test_of_two_under_one_key_in_one_group_one_is_written_and_the_other_answered_it(
    database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    both = claiming(changes.accepted()), claiming(changes.accepted())
    async with database.open() as storage:
        faulty = break_writer(storage)
        *answers, neighbour = await _write_as_a_group(storage, *both, changes.accepted())
        assert ("BEGIN IMMEDIATE" in faulty.statements, Ok(None)) == (True, neighbour), "they were one group"
        written = as_one_accepted(both, answers)
        assert [written] == [one for one in both if await storage.change_of(one.job.id) is not None]
        assert [1, 2] == [event.seq for event in database.published]


@pytest.mark.parametrize("takes_place", [True, False])
async def test_two_under_one_key_in_one_group_are_accepted_as_its_commit_is(
    takes_place: bool, database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    both = claiming(changes.accepted()), claiming(changes.accepted())
    async with database.open() as storage:
        break_writer(storage, (COMMIT, sqlite3.SQLITE_IOERR_WRITE, takes_place))
        answers = await _write_as_a_group(storage, *both)
        again = await storage.write(claiming(changes.accepted()))
        if takes_place:
            assert Err(as_one_accepted(both, answers).claim) == again
        else:
            assert ([REFUSED, REFUSED], Ok(None)) == (answers, again)
        assert 1 == await storage.last_seq("mer_a")


@pytest.mark.parametrize("takes_place", [True, False])
async def test_a_key_is_taken_where_its_group_was_committed_in_spite_of_an_error_and_free_where_not(
    takes_place: bool, database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    first = claiming(changes.accepted())
    async with database.open() as storage:
        break_writer(storage, (WRITE, sqlite3.SQLITE_FULL, takes_place))
        assert (Ok(None) if takes_place else REFUSED) == await storage.write(first)
    async with database.open() as storage:
        again = await storage.write(claiming(changes.accepted()))
        assert (Err(first.claim) if takes_place else Ok(None)) == again
        assert 1 == await storage.last_seq("mer_a")


async def test_a_repeat_needs_no_space_on_the_disk(
    database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    first = claiming(changes.accepted())
    async with database.open() as storage:
        await storage.write(first)
        break_writer(storage, (WRITE, sqlite3.SQLITE_FULL, False))
        assert Err(first.claim) == await storage.write(claiming(changes.accepted()))


async def test_what_cannot_be_looked_up_is_refused_and_not_written(
    database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    first = claiming(changes.accepted())
    async with database.open() as storage:
        await storage.write(first)
        break_writer(storage, (CLAIMS, sqlite3.SQLITE_IOERR_READ, False))
        assert REFUSED == await storage.write(claiming(changes.accepted()))
        assert Err(first.claim) == await storage.write(claiming(changes.accepted()))


async def test_an_accept_whose_caller_is_cancelled_while_it_is_committed_takes_its_key(
    tmp_path: Path, changes: Changes
) -> None:
    """Its merchant knows no more that the key is in use; storage does."""
    database, scope = Database("sqlite", tmp_path / "pgw.db"), trio.CancelScope()
    cancelled, repeat = claiming(changes.accepted()), claiming(changes.accepted())
    answers: list[object] = []

    async def write(storage: Storage, change: Change, scope: trio.CancelScope) -> None:
        with scope:
            answers.append(await storage.write(change))

    async with database.open() as storage, trio.open_nursery() as nursery:
        with closing(sqlite3.connect(database.path, isolation_level=None)) as busy:
            busy.execute("BEGIN IMMEDIATE")
            nursery.start_soon(write, storage, cancelled, scope)
            await wait_all_tasks_blocked()
            scope.cancel()
            nursery.start_soon(write, storage, repeat, trio.CancelScope())
            await wait_all_tasks_blocked()
            busy.execute("ROLLBACK")
    assert [Err(cancelled.claim)] == answers
    assert [cancelled.job] == [event.job for event in database.published]


async def test_claims_are_forgotten_that_are_old_and_whose_jobs_have_ended(
    storage: Storage, changes: Changes
) -> None:
    ended, unknown, young = (claiming(changes.accepted(), key * 64) for key in ("a", "b", "c"))
    job = evolve(young.job, created_at=LATER)
    young = evolve(young, job=job)
    theirs = claiming(changes.accepted("mer_b"), "a" * 64)
    for change in (ended, unknown, young, theirs):
        assert Ok(None) == await storage.write(change)
    for change in (changes.declined(ended), changes.doubted(unknown), changes.failed(theirs)):
        assert Ok(None) == await storage.write(change)
    await storage.write(changes.declined(young))
    assert 0 == await storage.forget_claims(NOW, 10)
    assert 2 == await storage.forget_claims(LATER, 10)
    assert 0 == await storage.forget_claims(LATER, 10)
    answers = [await storage.write(claiming(changes.accepted(), key * 64)) for key in ("a", "b", "c")]
    assert [Ok(None), Err(unknown.claim), Err(young.claim)] == answers
    assert Ok(None) == await storage.write(claiming(changes.accepted("mer_b"), "a" * 64))


async def test_no_more_claims_are_forgotten_at_a_time_than_asked(storage: Storage, changes: Changes) -> None:
    for change in [claiming(changes.accepted(), key * 64) for key in "abcde"]:
        await storage.write(change)
        await storage.write(changes.declined(change))
    assert [2, 2, 1, 0] == [await storage.forget_claims(LATER, 2) for _ in range(4)]


async def test_claims_of_jobs_that_stay_open_are_not_waded_through_each_time(
    storage: Storage, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgw.storage.writing.MOST_CLAIMS_LOOKED_AT", 3)
    accepted = [claiming(changes.accepted(), f"{age:064}") for age in range(8)]
    for age, change in enumerate(accepted):
        older = evolve(change, job=evolve(change.job, created_at=NOW - timedelta(hours=age)))
        assert Ok(None) == await storage.write(older)
        if age not in {1, 2, 3}:
            await storage.write(changes.declined(older))
    assert [1, 0] == [await storage.forget_claims(LATER, 3) for _ in range(2)]
    for change in accepted[1:4]:
        await storage.write(changes.declined(change))
    assert [3, 3, 1, 0] == [await storage.forget_claims(LATER, 3) for _ in range(4)]


async def test_a_claim_is_found_by_its_merchant_alone(storage: Storage, changes: Changes) -> None:
    change = claiming(changes.accepted(), "a" * 64)
    await storage.write(change)
    assert change.claim == await storage.claim("mer_a", "a" * 64)
    assert [None, None] == [await storage.claim("mer_b", "a" * 64), await storage.claim("mer_a", "b" * 64)]
