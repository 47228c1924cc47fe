"""Some rounds on one file: kills under load, then peace, and the oracle."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import httpx
import trio
from attrs import define, field

from tests.torture.case import Case
from tests.torture.children import EndedByItself, TookTooLong, leaves, within
from tests.torture.clients import Clients, Name
from tests.torture.evidence import Evidence, gather
from tests.torture.listeners import Listener
from tests.torture.operations import Operation
from tests.torture.oracle import findings_of
from tests.torture.orders import MERCHANTS, Order
from tests.torture.plan import RoundPlan
from tests.torture.rounds import run_round
from tests.torture.stored import faults_of_the_file, rows
from tests.torture.tally import Tally
from tests.torture.verifier import Verifier
from tests.torture.world import World, a_world

ROUND_SECONDS = 120.0
SETTLE_SECONDS = 90.0
LOOK_EVERY_SECONDS = 0.1
CHANCE_OF_DEDUPE = 0.3
REPEATED_AT_THE_END = 60
_OPEN = """
    SELECT jobs.id, jobs.type, payments.status, attempts.outcome, attempts.inquiries, attempts.due_at
    FROM jobs JOIN payments ON payments.id = jobs.payment_id LEFT JOIN attempts ON attempts.job_id = jobs.id
    WHERE jobs.status = 'Created'
"""


async def run_batch(
    folder: Path, seed: str, plans: Sequence[RoundPlan], tally: Tally, say: Callable[[RoundPlan], None]
) -> Sequence[str]:
    """Run the rounds and judge; return what is wrong, of which the folder holds the files.

    `say` is told of each round that ended. The next rounds are left out once `tally.is_stopping`.
    """
    random = Random(seed)
    async with a_world(folder, dedupe=random.random() < CHANCE_OF_DEDUPE) as world:
        listeners = [Listener(world.gateway_url, key) for key in MERCHANTS]
        batch = Batch(world, Clients(world.gateway_url, random), tally, listeners, Verifier(world))
        try:
            await batch.run(plans, say)
        except* (EndedByItself, TookTooLong) as ends:
            batch.findings += [str(end) for end in leaves(ends)]
    return [*batch.findings, *batch.verifier.findings, *batch.clients.findings]


@define(eq=False)
class Batch:
    """Clients go on paying over all rounds, whoever is dead at the moment."""

    world: World
    clients: Clients
    tally: Tally
    listeners: Sequence[Listener]
    verifier: Verifier
    findings: list[str] = field(factory=list)
    _all_answered: trio.Event = field(factory=trio.Event)

    async def run(self, plans: Sequence[RoundPlan], say: Callable[[RoundPlan], None]) -> None:
        async with trio.open_nursery() as shop:
            await self.world.start_bank(plans[0].faults)
            shop.start_soon(self._run_clients)
            for listener in self.listeners:
                shop.start_soon(listener.run)
            for plan in plans:
                if self.tally.is_stopping:
                    break
                with within(ROUND_SECONDS, f"Round {plan.number}"):
                    await run_round(self.world, plan, self.tally, self.verifier)
                self.tally.rounds += 1
                say(plan)
            await self._settle()
            await self._repeat_some()
            await self._end_all()
            await self.verifier.verify()
            await self.verifier.verify_kept()
            evidence = await gather(self.world, self.listeners)
            shop.cancel_scope.cancel()
        await self._judge(evidence)

    async def _run_clients(self) -> None:
        await self.clients.run()
        self._all_answered.set()

    async def _settle(self) -> None:
        """Let the bank behave, and wait until everything is answered and every job has ended."""
        assert self.world.bank is not None
        await self.world.bank.killed_after(0)
        await self.world.start_bank(None)
        await self.world.gateway_ready()
        self.clients.close()
        with within(SETTLE_SECONDS, "Getting all answered"):
            await self._all_answered.wait()
        await self._end_all()

    async def _end_all(self) -> None:
        with trio.move_on_after(SETTLE_SECONDS):
            while self._open_jobs():  # noqa: ASYNC110 - another process closes them
                await trio.sleep(LOOK_EVERY_SECONDS)
            return
        self.findings += [f"not settled in {SETTLE_SECONDS:.0f} s: {row}" for row in self._open_jobs()]

    def _open_jobs(self) -> Sequence[tuple[object, ...]]:
        return rows(self.world.database, _OPEN)

    async def _repeat_some(self) -> None:
        """Repeat some: their keys stand for the same jobs, whatever was killed since; and all in doubt."""
        clients = self.clients
        names = sorted(clients.accepted)
        requests: dict[Name, Order | Operation] = {**clients.begun, **clients.operations}
        async with httpx.AsyncClient(base_url=self.world.gateway_url) as http:
            with within(SETTLE_SECONDS, "Repeating"):
                for name in clients.random.sample(names, min(REPEATED_AT_THE_END, len(names))):
                    await clients.request(http, requests[name], clients.random)
                await clients.resolve(http)

    async def _judge(self, evidence: Evidence) -> None:
        assert self.world.gateway is not None
        await self.world.gateway.stop()
        self.findings += faults_of_the_file(self.world.database)
        self.findings += [finding for listener in self.listeners for finding in listener.findings]
        self.findings += findings_of(self._case(evidence))
        self.tally.add(evidence, self.clients)
        self.tally.verified += self.verifier.verified

    def _case(self, evidence: Evidence) -> Case:
        clients = self.clients
        return Case(clients.begun, clients.operations, clients.accepted, clients.refused, evidence)
