"""A seed decides everything, in any process, and leaves nothing behind."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio
from trio._core import _run as trio_run

from tests.simulation.seeded import Simulation, run_seed
from tests.simulation.small_scenario import small_scenario

PROJECT = Path(__file__).parents[2]
SEEDS = [str(seed) for seed in range(5)]
SECONDS = 120


def _in_a_process(hash_seed: str) -> subprocess.Popen[str]:
    """Run the seeds in a process of their own, which prints a line of hashes for each."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.simulation.small_scenario", *SEEDS],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_one_seed_gives_one_trace_in_two_processes() -> None:
    with _in_a_process("1") as one, _in_a_process("2") as another:
        first, second = (process.communicate(timeout=SECONDS)[0].splitlines() for process in (one, another))
    assert first == second
    assert len(SEEDS) == len({line.split(maxsplit=1)[1] for line in first}), "and another seed another one"


def test_what_makes_a_run_deterministic_is_undone() -> None:
    was_deterministic, state = trio_run._ALLOW_DETERMINISTIC_SCHEDULING, trio_run._r.getstate()
    run_seed(small_scenario, 1)
    assert was_deterministic == trio_run._ALLOW_DETERMINISTIC_SCHEDULING
    assert state == trio_run._r.getstate()
    assert gc.isenabled()


def test_the_private_parts_are_those_of_trios_scheduler() -> None:
    """Without the flag the order of tasks is by chance; with it and one seed it is one."""

    async def order(_simulation: Simulation) -> list[int]:
        numbers: list[int] = []

        async def append(number: int) -> None:
            numbers.append(number)

        async with trio.open_nursery() as nursery:
            for number in range(50):
                nursery.start_soon(append, number)
        return numbers

    assert run_seed(order, 1).answer == run_seed(order, 1).answer
    assert run_seed(order, 1).answer != run_seed(order, 2).answer


def test_an_error_says_its_seed_and_how_it_came_to_it() -> None:
    async def fail(simulation: Simulation) -> None:
        simulation.trace.event("it begins")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        run_seed(fail, 17)
    assert ["seed 17\n0.000000 it begins"] == caught.value.__notes__


def test_the_walls_clock_jumps_and_the_other_does_not() -> None:
    async def jump(simulation: Simulation) -> tuple[float, float]:
        clock = simulation.clock
        at, since = clock.now(), clock.monotonic()
        await trio.sleep(2)
        clock.jump(-3600)
        return (clock.now() - at).total_seconds(), clock.monotonic() - since

    assert (-3598.0, 2.0) == run_seed(jump, 1).answer
