"""The inline engine: order, cancellation, and the end of a life at each of its steps."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from random import Random

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from pgw.domain.result import Err, Ok
from pgw.storage.port import Storage
from tests.simulation.acknowledged import DATABASE
from tests.simulation.disk import Disk
from tests.simulation.disk_faults import DiskFaults
from tests.simulation.engine import InlineEngine, open_connection
from tests.simulation.life import Life, ProcessDied
from tests.simulation.orders import MERCHANT, accepted
from tests.simulation.seeded import Simulation, run_seed
from tests.simulation.storage import open_simulated_storage


@asynccontextmanager
async def _an_engine(life: Life | None = None) -> AsyncIterator[tuple[InlineEngine, trio.Event]]:
    """Open an engine whose pauses last until the event is set."""
    life, go_on = life or Life(), trio.Event()
    async with open_connection(Disk(Random(17)), "/a.db", life) as connection:
        connection.execute("CREATE TABLE done (number INTEGER)")
        yield InlineEngine(connection, life, go_on.wait), go_on


def _do(connection: sqlite3.Connection, number: int) -> None:
    connection.execute("INSERT INTO done VALUES (?)", [number])


def _done(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT number FROM done ORDER BY rowid").fetchall()]


async def test_functions_run_one_at_a_time_in_the_order_asked_for() -> None:
    async with _an_engine() as (engine, go_on):
        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(engine.run, _do, number)
                await wait_all_tasks_blocked()
            go_on.set()
        assert [0, 1, 2, 3, 4] == await engine.run(_done)


async def test_one_cancelled_before_its_turn_has_done_nothing() -> None:
    async with _an_engine() as (engine, go_on):
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(engine.run, _do, 1)
                await wait_all_tasks_blocked()
                scope.cancel()
        go_on.set()
        assert [] == await engine.run(_done)


async def test_one_cancelled_after_its_turn_has_done_all() -> None:
    async with open_connection(Disk(Random(17)), "/a.db", Life()) as connection:
        connection.execute("CREATE TABLE done (number INTEGER)")
        scope, pauses = trio.CancelScope(), 0

        async def pause() -> None:
            nonlocal pauses
            pauses += 1
            if pauses == 2:
                scope.cancel()
            await trio.lowlevel.checkpoint()

        engine = InlineEngine(connection, Life(), pause)
        with scope:
            await engine.run(_do, 1)
        assert scope.cancelled_caught
        assert [1] == await engine.run(_done)


async def test_an_engine_of_a_life_that_is_over_does_nothing_even_behind_a_shield() -> None:
    life = Life()
    async with _an_engine(life) as (engine, go_on):
        with pytest.RaisesGroup(ProcessDied):
            async with trio.open_nursery() as nursery:
                nursery.cancel_scope.shield = True
                nursery.start_soon(engine.run, _do, 1)
                await wait_all_tasks_blocked()
                life.kill()
                go_on.set()
        with pytest.raises(ProcessDied):
            await engine.run(_done)
        assert [] == _done(engine._connection)  # type: ignore[arg-type]


@pytest.mark.parametrize("power_cut", [True, False])
def test_a_write_killed_at_any_operation_of_the_disk_is_there_whole_or_not_at_all(power_cut: bool) -> None:
    found = [run_seed(partial(_write_and_die, at=at, power_cut=power_cut), at).answer for at in range(1, 30)]
    assert not found[0], "its first operation had not taken place"
    assert found[-1], "it was acknowledged"


async def _write_and_die(simulation: Simulation, at: int, *, power_cut: bool) -> bool:
    """Die at the write's operation of this number, or after it; tell whether the change is found then."""
    disk, life, change = Disk(simulation.random), Life(), accepted(simulation)

    def die() -> None:
        life.kill()
        disk.crash(power_cut=power_cut)

    with pytest.RaisesGroup(ProcessDied, flatten_subgroups=True, allow_unwrapped=True):
        async with open_simulated_storage(disk, DATABASE, lambda _: None, life=life) as storage:
            await storage.add_merchant(MERCHANT)
            last = disk.operations + at
            disk.on_operation = lambda _operation, _name: die() if disk.operations == last else None
            assert Ok(None) == await storage.write(change)
            assert disk.operations < last
            die()
    disk.on_operation = lambda _operation, _name: None
    async with open_simulated_storage(disk, DATABASE, lambda _: None, life=Life()) as storage:
        stored = await storage.change_of(change.job.id)
        assert stored in (None, change)
        assert await storage.last_seq(MERCHANT.id) == (0 if stored is None else 1)
        return stored is not None


async def _write_three(simulation: Simulation, faults: DiskFaults) -> tuple[list[object], list[bool]]:
    disk = Disk(simulation.random, trio.current_time)
    async with open_simulated_storage(disk, DATABASE, lambda _: None, life=Life()) as storage:
        await storage.add_merchant(MERCHANT)
        changes = [accepted(simulation) for _ in range(3)]
        disk.faults = faults
        answers: list[object] = [await storage.write(change) for change in changes]
        disk.heal()
        return answers, [await _is_stored(storage, change.job.id) for change in changes]


async def _is_stored(storage: Storage, job_id: str) -> bool:
    return await storage.change_of(job_id) is not None


def test_a_commit_that_took_place_and_says_it_failed_is_acknowledged() -> None:
    answers, stored = run_seed(partial(_write_three, faults=DiskFaults(commit_lies=1)), 17).answer
    assert [Ok(None)] * 3 == answers
    assert [True] * 3 == stored


@pytest.mark.parametrize("faults", [DiskFaults(fills_up=1), DiskFaults(write_fails=1)])
def test_a_write_that_the_disk_does_not_take_is_refused_and_leaves_nothing(faults: DiskFaults) -> None:
    answers, stored = run_seed(partial(_write_three, faults=faults), 17).answer
    assert all(isinstance(answer, Err) for answer in answers)
    assert [False] * 3 == stored
