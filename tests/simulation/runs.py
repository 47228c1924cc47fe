"""Runs seeds, in this process or spread over several, and says how any one of them is run again."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal

from attrs import evolve, frozen

from tests.simulation.mutants import MUTANTS
from tests.simulation.plan import Ending, plan_of
from tests.simulation.scenario import Verdict, simulate
from tests.simulation.seeded import run_seed
from tests.simulation.tally import Tally

COMMAND = "python -m tests.simulation"
SEEDS_A_CHUNK = 5


@frozen
class Case:
    """One run: a seed, the bug planted in it, and where it is not the plan's the ending of its first life."""

    seed: int
    mutant: str | None = None
    ending: Ending | None = None

    @property
    def command(self) -> str:
        """Return the line that runs it again."""
        mutant = f" --mutant {self.mutant}" if self.mutant else ""
        ending = f" --ending {self.ending}" if self.ending else ""
        return f"{COMMAND} --seed {self.seed}{mutant}{ending}"


@frozen
class Outcome:
    case: Case
    violations: tuple[str, ...]
    tally: Tally
    digest: str


def run_case(case: Case, on_event: Callable[[str], None] = lambda _line: None) -> Outcome:
    """Run one, and take whatever breaks out of it for a violation."""
    plan = plan_of(case.seed)
    if case.ending is not None:
        plan = evolve(plan, endings=(case.ending,))
    planted = MUTANTS[case.mutant]() if case.mutant else nullcontext()
    with planted:
        try:
            run = run_seed(partial(simulate, plan=plan), case.seed, on_event)
        except Exception as error:  # noqa: BLE001 - it is the finding
            text = "".join(traceback.format_exception(error))
            return Outcome(case, (f"broken: {text}",), Tally(seeds=1, violated=1), "broken")
    verdict: Verdict = run.answer
    return Outcome(case, verdict.violations, verdict.tally, run.digest)


def run_cases(cases: Sequence[Case]) -> list[Outcome]:
    return [run_case(case) for case in cases]


def spread(cases: Sequence[Case], jobs: int, chunk: int = SEEDS_A_CHUNK) -> Iterator[Outcome]:
    """Run them over so many processes, and yield the outcomes in the order of the cases."""
    chunks = [cases[at : at + chunk] for at in range(0, len(cases), chunk)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_ignore_interrupt) as pool:
        waiting: list[Future[list[Outcome]]] = []
        try:
            while chunks or waiting:
                while chunks and len(waiting) < 3 * jobs:
                    waiting.append(pool.submit(run_cases, chunks.pop(0)))
                yield from waiting.pop(0).result()
        finally:
            pool.shutdown(cancel_futures=True)


def _ignore_interrupt() -> None:
    """Leave Ctrl-C to the process that sums up."""
    signal(SIGINT, SIG_IGN)
