"""Run each race many times, on a database file of its own: `python -m tests.races --times 1000`."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import trio

from pgw.storage.sqlite import open_storage
from tests.races.race import LOST, RACES
from tests.races.runs import open_track, run_races


async def _run(name: str, times: int, path: Path) -> bool:
    race, began = RACES[name], time.monotonic()
    async with open_track(open_storage, path) as track:
        finishes = await run_races(track, race, times)
        await track.check_books()
    right = [
        finish.accepted == race.winners and not finish.errors and set(finish.refusals) <= LOST
        for finish in finishes
    ]
    seconds = time.monotonic() - began
    print(f"{name}: {sum(right)} of {times} won by exactly {race.winners}, in {seconds:.1f} s")  # noqa: T201
    return all(right)


def main() -> int:
    """Return 0 where each race was won by as many as can win it, each time."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="how often each race is run (1000)")
    parser.add_argument("--race", choices=sorted(RACES), action="append", help="only this one (all)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        right = [
            trio.run(_run, name, arguments.times, Path(folder) / f"{number}.db")
            for number, name in enumerate(arguments.race or RACES)
        ]
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
