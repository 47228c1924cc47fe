"""One seed, one run: scheduling, time, ids and chance come from the seed alone.

Whatever the scenario uses must take its chance from `Simulation.random` and its time from Trio; a thread, the
iteration of a set of strings, `uuid4`, `secrets` or `time.time` would break it. `test_seeded.py` compares two
processes with different hash seeds.
"""

# Private parts, since Trio has no public way to make its scheduler deterministic. Pinned, and tested.

import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Generic, TypeVar

import trio
import trio.testing
from attrs import frozen
from trio._core import _run as trio_run

from pgw.ports import Clock, Ids, Randomness, TimeOrderedIds
from tests.simulation.seeded_ports import SeededRandomness, SimulatedClock
from tests.simulation.trace import Trace

Answer = TypeVar("Answer")


@frozen
class Simulation:
    """What a scenario is given. There is one `random` for everything."""

    seed: int
    random: Random
    clock: SimulatedClock
    randomness: Randomness
    ids: Ids
    trace: Trace


@frozen
class Run(Generic[Answer]):
    """`digest` is the trace's hash: equal for equal seeds, on any machine."""

    answer: Answer
    digest: str
    steps: int


def run_seed(
    scenario: Callable[[Simulation], Awaitable[Answer]],
    seed: int,
    on_event: Callable[[str], None] = lambda _line: None,
) -> Run[Answer]:
    """Run a scenario to its end in virtual time. An error carries the seed and the end of the trace."""
    random, clock, trace = Random(seed), SimulatedClock(), Trace(on_event)
    randomness = SeededRandomness(random)
    simulation = Simulation(seed, random, clock, randomness, _ids(clock, randomness), trace)

    async def main() -> Answer:
        return await scenario(simulation)

    with _deterministic(seed):
        try:
            answer = trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0), instruments=[trace])
        except BaseException as error:
            error.add_note("\n".join([f"seed {seed}", *list(trace.latest)[-20:]]))
            raise
    return Run(answer, trace.digest(), trace.steps)


def _ids(clock: Clock, randomness: Randomness) -> Ids:
    return TimeOrderedIds(clock, randomness)


@contextmanager
def _deterministic(seed: int) -> Iterator[None]:
    was_deterministic, state = trio_run._ALLOW_DETERMINISTIC_SCHEDULING, trio_run._r.getstate()
    had_garbage_collected = gc.isenabled()
    trio_run._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]
    trio_run._r.seed(seed)
    gc.disable()  # no finaliser at a random moment
    try:
        yield
    finally:
        trio_run._ALLOW_DETERMINISTIC_SCHEDULING = was_deterministic  # type: ignore[misc]
        trio_run._r.setstate(state)
        if had_garbage_collected:
            gc.enable()
