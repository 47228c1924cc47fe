"""A write that breaks a rule fails its own waiter, and none of its group."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import evolve

from pgw.domain.result import Ok
from pgw.storage import writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pgw.storage.port import Change, Storage
    from tests.storage.conftest import Changes, Database


def _of_an_unknown_merchant(changes: Changes, _: Change) -> Change:
    return changes.accepted("mer_x")


def _captures_too_much(changes: Changes, _: Change) -> Change:
    change = changes.accepted()
    return evolve(change, payment=evolve(change.payment, captured=change.payment.amount.minor_units + 1))


def _ends_a_job_again(changes: Changes, ended: Change) -> Change:
    later = changes.accepted().payment.updated_at
    return evolve(ended, job=evolve(ended.job, updated_at=later))


def _undoes_a_decision(changes: Changes, ended: Change) -> Change:
    payment = evolve(ended.payment, status=changes.accepted().payment.status, decline_code=None)
    return evolve(changes.accepted(), payment=payment)


def _attempts_a_job_twice(changes: Changes, ended: Change) -> Change:
    return evolve(ended, attempt=evolve(ended.attempt, reference="ref_other"), job=changes.accepted().job)


def _with_half_a_surrogate_pair(changes: Changes, _: Change) -> Change:
    return changes.accepted(description="\ud83d")


def _of_more_than_64_bits(changes: Changes, _: Change) -> Change:
    return changes.accepted(minor_units=2**63)


def _without_a_known_status(changes: Changes, _: Change) -> Change:
    change = changes.accepted()
    return evolve(change, payment=evolve(change.payment, status="Lost"))  # type: ignore[arg-type]


BREAKING = (
    _of_an_unknown_merchant,
    _captures_too_much,
    _ends_a_job_again,
    _undoes_a_decision,
    _attempts_a_job_twice,
    _with_half_a_surrogate_pair,
    _of_more_than_64_bits,
    _without_a_known_status,
)


async def _write_as_a_group(storage: Storage, group: list[Change]) -> list[object]:
    """Write all at once; return each one's answer, or the error that it raised."""
    answers: list[object] = [None] * len(group)

    async def write(position: int) -> None:
        try:
            answers[position] = await storage.write(group[position])
        except (sqlite3.IntegrityError, UnicodeEncodeError) as error:
            answers[position] = error

    async with trio.open_nursery() as nursery:
        for position in range(len(group)):
            nursery.start_soon(write, position)
    return answers


def _newest_group(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return writing.newest_group(connection)
    finally:
        connection.close()


@pytest.mark.parametrize("breaking", BREAKING)
async def test_a_broken_rule_fails_its_own_waiter_alone(
    breaking: Callable[[Changes, Change], Change], database: Database, changes: Changes
) -> None:
    ended = changes.declined(changes.accepted())
    neighbours = [changes.accepted(merchant_id) for merchant_id in ("mer_a", "mer_b", "mer_a", "mer_c")]
    wrong = breaking(changes, ended)
    async with database.open() as storage:
        await storage.write(ended)
        before = _newest_group(database.path)
        answers = await _write_as_a_group(storage, [*neighbours[:2], wrong, *neighbours[2:]])
        assert before + 1 == _newest_group(database.path), "they were one group"
    error = answers.pop(2)
    assert isinstance(error, sqlite3.IntegrityError | UnicodeEncodeError)
    assert [Ok(None)] * 4 == answers
    async with database.open() as storage:
        written = [ended, *neighbours]
        assert written == [await storage.change_of(one.job.id) for one in written]
        events = [event for one in "abc" for event in await storage.events_after(f"mer_{one}", 0)]
        assert [1, 2, 3, 1, 1] == [event.seq for event in events]
        assert sorted(database.published, key=str) == sorted(events, key=str)


async def test_a_group_of_nothing_but_broken_rules_leaves_nothing(
    database: Database, changes: Changes
) -> None:
    ended = changes.declined(changes.accepted())
    async with database.open() as storage:
        await storage.write(ended)
        answers = await _write_as_a_group(storage, [breaking(changes, ended) for breaking in BREAKING])
        assert all(isinstance(answer, Exception) for answer in answers)
        assert await storage.last_seq("mer_a") == 1
        assert Ok(None) == await storage.write(changes.accepted())
        assert await storage.last_seq("mer_a") == 2
