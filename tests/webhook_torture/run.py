"""A run: slices of payments in which latency is measured, then payments under kills, then peace."""

import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random

import trio
from attrs import define, field, frozen

from tests.torture.children import EndedByItself, TookTooLong, within
from tests.torture.orders import Order
from tests.webhook_torture.evidence import Evidence, gather, unfinished
from tests.webhook_torture.load import Load, orders
from tests.webhook_torture.plan import BESIDE_TROUBLE, CALM, KILLED, PAYMENTS_A_SECOND, Plan
from tests.webhook_torture.usage import Machine
from tests.webhook_torture.world import API_KEY, World, a_world

# Between two tries of the schedule it is a second.
LONGEST_STANDSTILL = 10.0
LONGEST_RUN = 600.0
LOOK_EVERY_SECONDS = 0.1
SAY_EVERY_SECONDS = 5.0


@frozen
class Span:
    """A part of the run: times in milliseconds since 1970, and the gateway's seconds of CPU in it.

    `busy` is the share of the machine that was used meanwhile, by whomever.
    """

    name: str
    began: int
    ended: int
    cpu: float
    busy: float


@frozen
class Outcome:
    """`evidence` is what was found; without it a process ended, or did not come to an end in time."""

    findings: Sequence[str]
    evidence: Evidence | None = None
    spans: Sequence[Span] = ()


async def run_plan(folder: Path, plan: Plan, say: Callable[[str], None]) -> Outcome:
    """Run it in a folder of its own, which keeps the files; `say` is told how far it is."""
    async with a_world(folder, plan.seed) as world:
        run = Run(plan, world, say, Load(world.gateway_url), Random(plan.seed))
        try:
            with within(LONGEST_RUN, "The run"):
                return await run.run()
        except* (EndedByItself, TookTooLong) as ends:
            run.findings += [str(end) for end in _leaves(ends)]
    return Outcome([*run.load.findings, *run.findings])


@define(eq=False)
class Run:
    plan: Plan
    world: World
    say: Callable[[str], None]
    load: Load
    random: Random
    kills: list[int] = field(factory=list)
    findings: list[str] = field(factory=list)

    async def run(self) -> Outcome:
        """Raises `EndedByItself` and `TookTooLong`."""
        endpoints = await self.world.start_all()
        for number in range(self.plan.slices):
            await self._measured(CALM, number)
            await self._measured(BESIDE_TROUBLE, number)
        spans = await self._under_kills()
        evidence = gather(self.world.folder, endpoints, frozenset(self.load.accepted), self.kills)
        return Outcome([*self.load.findings, *self.findings], evidence, spans)

    async def _measured(self, phase: str, number: int) -> None:
        await self.world.set_trouble(is_troubled=phase == BESIDE_TROUBLE)
        coming = self._orders(f"{phase} {number}", self.plan.measured)
        await self.load.pay(coming, every=1 / PAYMENTS_A_SECOND)
        await self._delivered()
        self.say(f"{phase}: {len(coming)} payments at {PAYMENTS_A_SECOND:.0f} a second are delivered")

    async def _under_kills(self) -> Sequence[Span]:
        """Pay, with kills, and then wait until all that is left over is delivered."""
        await self.world.set_trouble(is_troubled=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._tell)
            paid = await self._span("paying", self._pay_under_kills)
            delivered = await self._span("the rest", self._delivered)
            nursery.cancel_scope.cancel()
        return paid, delivered

    async def _pay_under_kills(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.load.pay, self._orders(KILLED, self.plan.rest))
            await self._kill()

    async def _span(self, name: str, part: Callable[[], Awaitable[None]]) -> Span:
        began, cpu, machine = _now(), self.world.gateway_cpu(), Machine.now()
        await part()
        cpu = self.world.gateway_cpu() - cpu
        return Span(name, began, _now(), cpu, Machine.now().share_since(machine))

    async def _kill(self) -> None:
        before = len(self.load.accepted)
        for paid in self.plan.kills_at():
            await self.load.has_accepted(before + paid)
            _, pending = unfinished(self.world.database)
            await self.world.kill_gateway()
            self.kills.append(_now())
            self.say(f"killed after {paid} payments, with {pending} deliveries pending")
            await self.world.start_gateway()

    async def _delivered(self) -> None:
        """Wait until no job is open and no delivery pending; a standstill is a finding."""
        before, since = unfinished(self.world.database), trio.current_time()
        while any(now := unfinished(self.world.database)):
            if now != before:
                before, since = now, trio.current_time()
            if trio.current_time() - since > LONGEST_STANDSTILL:
                left = f"{now[0]} jobs are open and {now[1]} deliveries pending"
                self.findings.append(f"{left}, and for {LONGEST_STANDSTILL:.0f} s nothing came of it")
                return
            await trio.sleep(LOOK_EVERY_SECONDS)

    async def _tell(self) -> None:
        while True:
            await trio.sleep(SAY_EVERY_SECONDS)
            jobs, pending = unfinished(self.world.database)
            self.say(f"{len(self.load.accepted)} accepted, {jobs} jobs open, {pending} deliveries pending")

    def _orders(self, name: str, count: int) -> Sequence[Order]:
        return orders(name, count, self.random, API_KEY)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _leaves(group: BaseExceptionGroup[BaseException]) -> Sequence[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
