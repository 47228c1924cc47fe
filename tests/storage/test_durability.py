"""What was acknowledged is there after `kill -9`, whenever it comes."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from pgw.domain.attempt import AttemptOutcome
from pgw.storage.port import Storage
from pgw.storage.sqlite import open_storage
from tests.timeline import verified

PROGRAM = Path(__file__).with_name("paying_process.py")
LIVES = 8
MOST_PAYMENTS_A_LIFE = 600
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _live_and_be_killed(path: Path, life: str, payments: int) -> list[str]:
    """Run a process, kill it after so many acknowledged payments; return all that it acknowledged."""
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(path), life],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = list(islice(process.stdout, payments))
        process.kill()
        said += process.stdout
    # A line that the kill cut short has no end, and acknowledged nothing.
    return [line.rstrip("\n") for line in said if line.endswith("\n")]


async def _all_events(storage: Storage) -> list[Any]:
    events: list[Any] = []
    while page := await storage.events_after("mer_a", len(events), limit=5000):
        events += page
    return events


def _is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return sound and connection.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_every_acknowledged_payment_outlives_kill_9(tmp_path: Path) -> None:
    path, random = tmp_path / "pgw.db", Random(9)
    acknowledged: list[str] = []
    at_rest = 0
    for life in range(LIVES):
        acknowledged += _live_and_be_killed(path, f"life{life}", random.randint(1, MOST_PAYMENTS_A_LIFE))
        async with open_storage(path, lambda _: None) as storage:
            events = await _all_events(storage)
            assert list(range(1, await storage.last_seq("mer_a") + 1)) == [event.seq for event in events]
            assert set(acknowledged) <= {event.job.id for event in events}
            left = await storage.let_rest(NOW, [AttemptOutcome.INTENDED])
            assert left == len(events) - at_rest, "what the lives before left rests already"
            at_rest = len(events)
            walked = await verified(storage, page=1000)
            assert ((), len(events)) == (walked.faults, walked.verified), "each payment with its entry"
    async with open_storage(path, lambda _: None) as storage:
        due = await storage.due(NOW, NOW, limit=1_000_000)
        assert sorted(change.job.id for change in due) == sorted(event.job.id for event in events)
    assert len(acknowledged) == len(set(acknowledged)) >= LIVES
    assert _is_sound(path)
