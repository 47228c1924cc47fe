"""Any actor killed at random, again and again, under load: no accepted payment is lost or charged twice."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trio
from attrs import define, field
from structlog.testing import capture_logs

from pgw import service
from pgw.actors import recovery
from pgw.settings import Settings
from tests.end_to_end.commands import reconciled
from tests.end_to_end.killer import KINDS, Killer
from tests.end_to_end.programs import KEY, OTHER_KEY, order

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.end_to_end.conftest import StartSimulator
    from tests.end_to_end.programs import Simulator

SECONDS = float(os.environ.get("KILL_SECONDS", "4"))
# One a second is what is promised. A short run kills faster, but in all no more than a minute may see.
IS_LONG = SECONDS >= 30
KILL_EVERY = 1.0 if IS_LONG else 0.2
SEED = int(os.environ.get("KILL_SEED", "7"))
CLIENTS = 8
SETTLES_WITHIN = 60.0


@define(eq=False)
class Load:
    """Clients that pay, and repeat with the same key what was answered with less than a 202."""

    url: str
    accepted: list[str] = field(factory=list)
    answers: Counter[int] = field(factory=Counter)
    numbers: Any = field(factory=count)
    is_over: bool = False

    async def client(self, key: Mapping[str, str]) -> None:
        async with httpx.AsyncClient(base_url=self.url, headers=key, timeout=35) as http:
            while not self.is_over:
                await self._pay(http, f"key-{next(self.numbers)}")

    async def _pay(self, http: httpx.AsyncClient, idempotency_key: str) -> None:
        for _ in range(100):
            answer = await http.post("/payments", json=order(), headers={"Idempotency-Key": idempotency_key})
            self.answers[answer.status_code] += 1
            if answer.status_code == httpx.codes.ACCEPTED:
                self.accepted.append(answer.json()["jobId"])
                return
            await trio.sleep(0.05)
        pytest.fail("never accepted")


async def pay_while_actors_die(database: Path, bank: Simulator) -> tuple[Load, Killer, list[Any]]:
    """Run the real composition in this process, and return what was accepted once all of it has settled."""
    settings = Settings(
        port=0, database=database, bank_url=bank.url, demo_keys=True, rate_limit=0, inquiry_first=0.1, grace=1
    )
    ready, urls, killer = trio.Event(), list[str](), Killer(Random(SEED), each_kind=not IS_LONG)

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    with capture_logs() as logged:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(service.run, settings, on_ready)
            await ready.wait()
            load = Load(urls[0])
            async with trio.open_nursery() as paying:
                for number in range(CLIENTS):
                    paying.start_soon(load.client, KEY if number % 2 else OTHER_KEY)
                with trio.move_on_after(SECONDS):
                    await killer.run(KILL_EVERY)
                load.is_over = True
            with trio.move_on_after(SETTLES_WITHIN):
                await all_ended(load)
            nursery.cancel_scope.cancel()
    return load, killer, logged


async def all_ended(load: Load) -> None:
    keys = [KEY, OTHER_KEY]
    async with httpx.AsyncClient(base_url=load.url, timeout=35) as http:
        for job_id in load.accepted:
            job = {"status": "Created"}
            while job["status"] == "Created":
                answers = [await http.get(f"/jobs/{job_id}", headers=key) for key in keys]
                (found,) = [answer for answer in answers if answer.status_code == httpx.codes.OK]
                job = found.json()
                if job["status"] == "Created":
                    await trio.sleep(0.1)


def open_attempts(database: Path) -> list[Any]:
    """Return what is known of each payment that did not settle."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(
            "SELECT attempts.* FROM attempts JOIN jobs ON jobs.id = job_id WHERE jobs.status = 'Created'"
        )
        return [dict(row) for row in found]


def test_actors_that_die_at_random_lose_no_payment_and_charge_none_twice(
    tmp_path: Path, start_simulator: StartSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What was made by other tests stays as the collector knows it, and no wait is longer than the test.
    monkeypatch.setattr(service, "_collect_garbage_rarely", lambda: None)
    monkeypatch.setattr(recovery, "CRASHED_FIRST_SECONDS", 0.5)
    bank = start_simulator("--latency", "0.1", "--jitter", "0.2")
    load, killer, logged = trio.run(pay_while_actors_die, tmp_path / "pgw.db", bank)
    crashes = [line for line in logged if line["event"] == "ActorCrashed"]
    sys.stdout.write(
        f"\n{len(load.accepted)} accepted, answers {dict(load.answers)}, killed {dict(killer.kills)}\n"
    )
    assert len(load.accepted) == len(set(load.accepted)) > 20
    assert killer.kills.total() > 10
    assert len(crashes) >= killer.kills.total()
    assert set(killer.kills) <= set(KINDS)
    assert [] == open_attempts(tmp_path / "pgw.db")
    ended = reconciled(tmp_path / "pgw.db", bank, "--json")
    summary = ended.documents[-1]
    assert (0, 0) == (ended.exit_code, summary["differences"]), ended.out
    assert len(load.accepted) == summary["payments"]
