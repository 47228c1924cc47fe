"""Waiting for a group: bounded in number and in time. Fakes alone, so on virtual time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok, Result
from pgw.storage.grouping import Grouping

REFUSED = Err(Refusal.STORAGE_UNAVAILABLE)


class Disk:
    """Answers ten times the item, once it is let; keeps the groups that it was given."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.free = trio.Event()

    async def run_group(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.groups.append(sorted(items))
        await self.free.wait()
        return [item * 10 if item >= 0 else ValueError(item) for item in items]


class Callers:
    def __init__(self, grouping: Grouping[int, int], nursery: trio.Nursery) -> None:
        self.answers: dict[int, Result[int, Refusal] | Exception] = {}
        self._grouping = grouping
        self._nursery = nursery

    def outlive_it(self, nursery: trio.Nursery) -> None:
        """Ask from a nursery that goes on when the grouping ends."""
        self._nursery = nursery

    async def ask(self, *items: int, scope: trio.CancelScope | None = None) -> None:
        """Ask for all of them at once, and return when all wait or are answered."""
        for item in items:
            self._nursery.start_soon(self._ask, item, scope or trio.CancelScope())
        await wait_all_tasks_blocked()

    async def _ask(self, item: int, scope: trio.CancelScope) -> None:
        with scope:
            try:
                self.answers[item] = await self._grouping.answer(item)
            except ValueError as error:
                self.answers[item] = error


@asynccontextmanager
async def _running(disk: Disk, **limits: int) -> AsyncIterator[Callers]:
    """Run a grouping; at the end let its disk, since a group that has begun cannot be cancelled."""
    bounds = {"largest_group": 10, "most_waiting": 10, "patience": 5} | limits
    grouping = Grouping(disk.run_group, **bounds)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(grouping.run)
        try:
            yield Callers(grouping, nursery)
        finally:
            disk.free.set()
            nursery.cancel_scope.cancel()


async def test_what_arrives_while_a_group_runs_is_the_next_group() -> None:
    disk = Disk()
    async with _running(disk) as callers:
        await callers.ask(1)
        await callers.ask(2, 3, 4)
        disk.free.set()
        await wait_all_tasks_blocked()
    assert [[1], [2, 3, 4]] == disk.groups
    assert {item: Ok(item * 10) for item in (1, 2, 3, 4)} == callers.answers


async def test_no_group_is_larger_than_the_largest() -> None:
    disk = Disk()
    async with _running(disk, largest_group=4) as callers:
        await callers.ask(0)
        await callers.ask(*range(1, 11))
        disk.free.set()
        await wait_all_tasks_blocked()
    assert [1, 4, 4, 2] == [len(group) for group in disk.groups]
    assert {item: Ok(item * 10) for item in range(11)} == callers.answers


async def test_an_error_is_its_own_items_alone() -> None:
    disk = Disk()
    disk.free.set()
    async with _running(disk) as callers:
        await callers.ask(1, -2, 3)
    assert isinstance(callers.answers.pop(-2), ValueError)
    assert {1: Ok(10), 3: Ok(30)} == callers.answers


async def test_one_more_than_may_wait_is_refused_at_once() -> None:
    disk = Disk()
    async with _running(disk, most_waiting=2) as callers:
        await callers.ask(1)
        await callers.ask(2, 3)
        await callers.ask(4)
        assert {4: REFUSED} == callers.answers
        disk.free.set()
        await wait_all_tasks_blocked()
    assert [[1], [2, 3]] == disk.groups


async def test_what_waited_too_long_is_refused_and_what_has_begun_is_not(
    autojump_clock: MockClock,  # noqa: ARG001 - the test runs on it
) -> None:
    disk = Disk()
    async with _running(disk, patience=5) as callers:
        await callers.ask(1)
        await trio.sleep(1)
        await callers.ask(2)
        await trio.sleep(3)
        await callers.ask(3)
        await trio.sleep(1.9)
        assert {} == callers.answers
        await trio.sleep(1)
        assert {2: REFUSED} == callers.answers
        disk.free.set()
        await wait_all_tasks_blocked()
    assert {1: Ok(10), 2: REFUSED, 3: Ok(30)} == callers.answers
    assert [[1], [3]] == disk.groups


async def test_a_caller_cancelled_while_it_waits_is_left_out() -> None:
    disk, scope = Disk(), trio.CancelScope()
    async with _running(disk) as callers:
        await callers.ask(1)
        await callers.ask(2, scope=scope)
        await callers.ask(3)
        scope.cancel()
        await wait_all_tasks_blocked()
        disk.free.set()
        await wait_all_tasks_blocked()
    assert [[1], [3]] == disk.groups
    assert {1: Ok(10), 3: Ok(30)} == callers.answers


@pytest.mark.parametrize("largest_group", [1, 10])
async def test_what_was_handed_over_before_the_end_is_run(largest_group: int) -> None:
    disk = Disk()
    async with trio.open_nursery() as outer:
        async with _running(disk, largest_group=largest_group) as callers:
            callers.outlive_it(outer)
            await callers.ask(1)
            await callers.ask(2, 3)
        with trio.move_on_after(5):
            await wait_all_tasks_blocked()
        outer.cancel_scope.cancel()
    assert {item: Ok(item * 10) for item in (1, 2, 3)} == callers.answers
