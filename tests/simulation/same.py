"""One seed must give one trace in any process, whatever Python's hashes of strings are there.

`python -m tests.simulation.same 1 2 3` prints a line for each seed.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.simulation.runs import Case, run_case

PROJECT = Path(__file__).parents[2]
SECONDS = 600.0


def differing_seeds(seeds: Iterable[int]) -> list[int]:
    """Run the seeds in two processes with different hash seeds; return those that did not agree."""
    seeds = list(seeds)
    with _in_a_process(seeds, "1") as one, _in_a_process(seeds, "2") as another:
        first, second = (process.communicate(timeout=SECONDS)[0].splitlines() for process in (one, another))
    assert len(seeds) == len(first) == len(second), "a process ended before it was through"
    return [seed for seed, line, other in zip(seeds, first, second, strict=True) if line != other]


def _in_a_process(seeds: list[int], hash_seed: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.simulation.same", *map(str, seeds)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        stdout=subprocess.PIPE,
        text=True,
    )


def main() -> None:
    for seed in map(int, sys.argv[1:]):
        outcome = run_case(Case(seed))
        print(seed, outcome.tally.steps, outcome.digest, outcome.violations, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
