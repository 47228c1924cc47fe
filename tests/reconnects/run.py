"""One run: payments, followers, disturbances; then all catch up, and what each heard is judged."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import trio

from benchmarks.many_merchants import add_merchants, merchant_id
from tests.reconnects.disturbances import Disturbances
from tests.reconnects.follower import Follower
from tests.reconnects.oracle import Account, Stored, findings_of
from tests.reconnects.outcome import Outcome, Plan
from tests.reconnects.payers import Payers
from tests.reconnects.world import KilledWorld
from tests.torture.children import EndedByItself, TookTooLong, leaves, within
from tests.torture.stored import faults_of_the_file, rows
from tests.torture.world import free_port

MERCHANTS, FOLLOWERS_EACH = 4, 3
EVENTS_A_PAYMENT = 2
MOST_JOB_FOLLOWERS, CHANCE_TO_LEAVE_A_JOB = 6, 0.5
RUN_SECONDS, SETTLE_SECONDS, STUCK_SECONDS = 600.0, 60.0, 10.0
LOOK_EVERY_SECONDS, QUIET_SECONDS = 0.1, 0.3
_EVENTS = """
    SELECT merchant_id, seq, type, job_id, status, payment_status, failure_code
    FROM events ORDER BY merchant_id, seq
"""


def run(plan: Plan) -> Outcome:
    """Run and judge; the files are kept where anything is wrong."""
    folder = Path(tempfile.mkdtemp(prefix="pgw-reconnects-"))
    outcome = Outcome(folder=folder)
    try:
        keys = add_merchants(folder / "pgw.db", MERCHANTS)
        trio.run(_run, plan, folder, keys, outcome)
    except* (EndedByItself, TookTooLong) as ends:
        outcome.findings += [str(end) for end in leaves(ends)]
    if not outcome.findings:
        shutil.rmtree(folder)
        outcome.folder = None
    return outcome


async def _run(plan: Plan, folder: Path, keys: Sequence[str], outcome: Outcome) -> None:
    world = KilledWorld(folder, True, free_port(), free_port(), bug=plan.bug)
    try:
        await world.start_bank(None)
        await world.gateway_ready()
        await _Run(plan, world, keys, outcome).run()
    finally:
        for child in (world.gateway, world.bank):
            if child is not None:
                await child.kill()


class _Run:
    def __init__(self, plan: Plan, world: KilledWorld, keys: Sequence[str], outcome: Outcome) -> None:
        self._plan = plan
        self._world = world
        self._keys = keys
        self._outcome = outcome
        self._random = Random(plan.seed)
        self._all = [self._follower(number % MERCHANTS) for number in range(MERCHANTS * FOLLOWERS_EACH)]
        self._jobs: list[Follower] = []
        payments = plan.events // EVENTS_A_PAYMENT
        self._payers = Payers(world.gateway_port, keys, payments, self._some_random(), self._follow_job)
        self._disturbances = Disturbances(world, self._all, self._progress, self._some_random())

    async def run(self) -> None:
        plan = self._plan
        async with trio.open_nursery() as self._following:
            for follower in self._all:
                self._following.start_soon(follower.run)
            with within(RUN_SECONDS, "The run"):
                async with trio.open_nursery() as disturbed:
                    disturbed.start_soon(self._payers.run)
                    disturbed.start_soon(self._disturbances.kill_gateway, plan.kills)
                    disturbed.start_soon(self._disturbances.reconnect, plan.reconnects)
            await self._catch_up()
            self._following.cancel_scope.cancel()
        assert self._world.gateway is not None
        await self._world.gateway.stop()
        self._judge()

    async def _catch_up(self) -> None:
        """Let all jobs end, and all that happened be heard by those it is for; and then nothing more."""
        with within(SETTLE_SECONDS, "The end of all jobs"):
            while self._rows("SELECT 1 FROM jobs WHERE status = 'Created' LIMIT 1"):  # noqa: ASYNC110
                await trio.sleep(LOOK_EVERY_SECONDS)
        newest = dict(self._rows("SELECT id, last_seq FROM merchants"))
        heard, heard_at = 0, trio.current_time()
        while not self._is_all_heard(newest) and trio.current_time() < heard_at + STUCK_SECONDS:
            if heard != (heard := self._heard()):
                heard_at = trio.current_time()
            await trio.sleep(LOOK_EVERY_SECONDS)
        await trio.sleep(QUIET_SECONDS)

    def _is_all_heard(self, newest: Mapping[str, int]) -> bool:
        of_all = all(one.has_ended or one.last >= newest[one.merchant_id] for one in self._all)
        return of_all and all(one.has_ended for one in self._jobs)

    def _heard(self) -> int:
        return sum(len(one.frames) for one in (*self._all, *self._jobs))

    def _judge(self) -> None:
        outcome, followers = self._outcome, [*self._all, *self._jobs]
        stored = [Stored(merchant, tuple(told)) for merchant, *told in self._rows(_EVENTS)]
        accounts = [
            Account(one.name, one.merchant_id, one.job_id, one.began_after or 0, one.frames)
            for one in followers
        ]
        outcome.events, outcome.frames = len(stored), self._heard()
        outcome.kills, outcome.jobs_followed = self._disturbances.kills, len(self._jobs)
        outcome.answers = self._payers.answers
        outcome.findings += [*self._payers.findings, *faults_of_the_file(self._world.database)]
        for follower in followers:
            outcome.left += follower.left
            outcome.findings += follower.findings
        if outcome.events < self._plan.events:
            outcome.findings.append(f"there are {outcome.events} events of {self._plan.events}")
        outcome.findings += [f"{one.name} was never closed" for one in self._jobs if not one.has_ended]
        outcome.findings += findings_of(stored, accounts)

    def _follower(self, merchant: int, job_id: str | None = None) -> Follower:
        """Return one that begins at the first event, or where the stream itself does."""
        name = f"follower of {job_id or merchant_id(merchant)}"
        after = self._random.choice((None, 0))
        return Follower(
            *(name, merchant_id(merchant), self._keys[merchant], self._world.gateway_port),
            *(self._some_random(), job_id, after),
        )

    def _follow_job(self, merchant: int, job_id: str) -> None:
        """Follow some jobs alone from when they are accepted."""
        if sum(not one.has_ended for one in self._jobs[-MOST_JOB_FOLLOWERS:]) < MOST_JOB_FOLLOWERS:
            follower = self._follower(merchant, job_id)
            self._jobs.append(follower)
            self._following.start_soon(self._run_of_job, follower)

    async def _run_of_job(self, follower: Follower) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._disturbances.disturb_soon, follower)
            await follower.run()
            nursery.cancel_scope.cancel()

    def _progress(self) -> float:
        return len(self._payers.accepted) / self._payers.payments

    def _some_random(self) -> Random:
        return Random(self._random.getrandbits(64))

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        return rows(self._world.database, statement)
