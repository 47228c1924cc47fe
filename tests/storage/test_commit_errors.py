"""A statement that reports an error may have taken place: what is on disk decides, and not the report."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import evolve

from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok
from pgw.storage.port import StorageLost

if TYPE_CHECKING:
    from pgw.storage.port import Change, Storage
    from tests.storage.conftest import BreakWriter, Changes, Database, Fault

WRITE, COMMIT = "INSERT INTO change_groups", "COMMIT"
NEWEST_GROUP, LAST_SEQS = "SELECT number FROM newest_group", "SELECT id, last_seq FROM merchants"
DISK_ERRORS = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_NOMEM,
)
FSYNC_ERRORS = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)


async def _write_as_a_group(storage: Storage, *group: Change) -> list[object]:
    answers: list[object] = [None] * len(group)

    async def write(position: int) -> None:
        try:
            answers[position] = await storage.write(group[position])
        except sqlite3.IntegrityError:
            answers[position] = "refused"

    async with trio.open_nursery() as nursery:
        for position in range(len(group)):
            nursery.start_soon(write, position)
    return answers


@pytest.mark.parametrize("code", DISK_ERRORS)
async def test_a_group_that_committed_in_spite_of_its_error_is_written(
    code: int, database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    group = [changes.accepted("mer_a"), changes.accepted("mer_b"), changes.accepted("mer_a")]
    async with database.open() as storage:
        break_writer(storage, (WRITE, code, True))
        assert [Ok(None)] * 3 == await _write_as_a_group(storage, *group)
        assert Ok(None) == await storage.write(changes.accepted("mer_a"))
        assert [1, 2, 3] == [event.seq for event in database.published if event.job.merchant_id == "mer_a"]
        assert database.published[-1:] == await storage.events_after("mer_a", 2)
    async with database.open() as storage:
        assert group == [await storage.change_of(change.job.id) for change in group]


@pytest.mark.parametrize("code", DISK_ERRORS)
async def test_a_group_that_did_not_commit_is_refused_and_leaves_nothing(
    code: int, database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    group = [changes.accepted(), changes.accepted()]
    async with database.open() as storage:
        break_writer(storage, (WRITE, code, False))
        assert [Err(Refusal.STORAGE_UNAVAILABLE)] * 2 == await _write_as_a_group(storage, *group)
        assert [None, None] == [await storage.job("mer_a", change.job.id) for change in group]
        assert Ok(None) == await storage.write(group[0])
    assert [(1, group[0].job)] == [(event.seq, event.job) for event in database.published]


@pytest.mark.parametrize("takes_place", [True, False])
@pytest.mark.parametrize("code", FSYNC_ERRORS)
async def test_a_failed_fsync_ends_the_storage_and_is_not_tried_again(
    code: int, takes_place: bool, database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    broken = None
    with pytest.RaisesGroup(StorageLost, flatten_subgroups=True):
        async with database.open() as storage:
            broken = break_writer(storage, (WRITE, code, takes_place))
            await storage.write(changes.accepted())
    assert broken is not None
    assert [WRITE] == broken.statements
    assert [] == database.published


@pytest.mark.parametrize(
    "faults",
    [
        ((WRITE, sqlite3.SQLITE_FULL, False), (NEWEST_GROUP, sqlite3.SQLITE_IOERR_READ, False)),
        ((WRITE, sqlite3.SQLITE_FULL, True), (NEWEST_GROUP, sqlite3.SQLITE_NOMEM, False)),
        ((LAST_SEQS, sqlite3.SQLITE_IOERR_READ, False),),
    ],
)
async def test_what_cannot_be_read_back_is_never_said_not_to_be_written(
    faults: tuple[Fault, ...], database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    with pytest.RaisesGroup(StorageLost, flatten_subgroups=True):
        async with database.open() as storage:
            break_writer(storage, *faults)
            await storage.write(changes.accepted())


@pytest.mark.parametrize(
    ("takes_place", "answers"),
    [(True, [Ok(None), "refused", Ok(None)]), (False, [Err(Refusal.STORAGE_UNAVAILABLE)] * 3)],
)
async def test_the_commit_of_a_group_written_one_by_one_is_judged_too(
    takes_place: bool, answers: list[object], database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    first, wrong, last = (changes.accepted() for _ in range(3))
    wrong = evolve(wrong, payment=evolve(wrong.payment, captured=1051))
    async with database.open() as storage:
        break_writer(storage, (COMMIT, sqlite3.SQLITE_IOERR_WRITE, takes_place))
        assert answers == await _write_as_a_group(storage, first, wrong, last)
        assert Ok(None) == await storage.write(changes.accepted())
        assert await storage.last_seq("mer_a") == len(database.published) == answers.count(Ok(None)) + 1


async def test_a_full_disk_while_a_group_is_written_one_by_one_leaves_nothing(
    database: Database, changes: Changes, break_writer: BreakWriter
) -> None:
    wrong = changes.accepted("mer_x")
    async with database.open() as storage:
        broken = break_writer(storage, ("RELEASE", sqlite3.SQLITE_FULL, False))
        answers = await _write_as_a_group(storage, changes.accepted(), wrong, changes.accepted())
        assert [Err(Refusal.STORAGE_UNAVAILABLE)] * 3 == answers
        assert "ROLLBACK" in broken.statements
        assert await storage.last_seq("mer_a") == 0
