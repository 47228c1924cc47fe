"""Run each race many times, on a database file of its own: `python -m tests.races --times 1000`."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import trio

from pgw.storage.sqlite import open_storage
from tests.races.over_http import ONE_WINS, run_over_http
from tests.races.race import LOST, RACES
from tests.races.runs import open_track, run_races

OVER_HTTP = "refund and refund over HTTP"


async def _run(name: str, times: int, folder: Path) -> bool:
    race, began = RACES[name], time.monotonic()
    async with open_track(open_storage, folder / "pgw.db") as track:
        finishes = await run_races(track, race, times)
        await track.check_books()
    right = [
        finish.accepted == race.winners and not finish.errors and set(finish.refusals) <= LOST
        for finish in finishes
    ]
    _say(name, sum(right), times, race.winners, began)
    return all(right)


async def _run_over_http(name: str, times: int, folder: Path) -> bool:
    began = time.monotonic()
    races = await run_over_http(times, folder)
    _say(name, races.finishes[ONE_WINS], times, 1, began)
    others = [f"{count} were answered {how}" for how, count in races.finishes.items() if how != ONE_WINS]
    findings = [*races.findings, *others]
    for finding in findings:
        print(f"WRONG: {finding}")  # noqa: T201
    return not findings


def _say(name: str, right: int, times: int, winners: int, began: float) -> None:
    seconds = time.monotonic() - began
    print(f"{name}: {right} of {times} won by exactly {winners}, in {seconds:.1f} s")  # noqa: T201


def main() -> int:
    """Return 0 where each race was won by as many as can win it, each time."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="how often each race is run (1000)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--race", choices=sorted(RACES), action="append", help="only this one (all)")
    which.add_argument(
        "--http", action="store_true", help="only two refunds, at a gateway and a bank of their own processes"
    )
    arguments = parser.parse_args()
    runs = {OVER_HTTP: _run_over_http} if arguments.http else dict.fromkeys(arguments.race or RACES, _run)
    right: list[bool] = []
    for name, run in runs.items():
        with tempfile.TemporaryDirectory() as folder:
            right.append(trio.run(run, name, arguments.times, Path(folder)))
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
