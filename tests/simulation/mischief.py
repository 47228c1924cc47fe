"""What a seed does beside crashes: clocks that jump, banks that storm, actors that die, and an operator."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from unittest.mock import patch

import trio
from attrs import evolve

from pgw.actors.gateway import settle_payment
from pgw.actors.mailbox import ReplyAbandoned
from pgw.actors.settlement import Verdict
from pgw.actors.supervisor import ChildSpec, Supervisor
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.result import Ok
from pgw.ports import Clock
from pgw.storage.port import StorageLost, StorageUnavailable, Unresolved
from tests.simulation.bank_faults import NO_BANK_FAULTS, STORMY
from tests.simulation.crashes import ActorKilled, Bug
from tests.simulation.life import ProcessDied
from tests.simulation.log_lines import LIFE
from tests.simulation.process import Process
from tests.simulation.world import World

JUMPS = (-18_000.0, -600.0, -30.0, -2.0, 2.0, 30.0, 600.0, 18_000.0)
BUG_A_CALL = 0.002


class FaultyClock:
    """The simulation's clock, which some actors die of."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._clock = world.simulation.clock

    def now(self) -> datetime:
        world = self._world
        if not world.is_calm and world.process is not None and world.simulation.random.random() < BUG_A_CALL:
            raise Bug
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()


def faulty_clock(world: World) -> Clock:
    return FaultyClock(world) if world.plan.bugs else world.simulation.clock


@contextmanager
def killable_actors(world: World) -> Iterator[None]:
    """Know each supervised actor, so that `kill_actors` can end it as a bug in it would."""
    start_child = Supervisor.start_child

    def start_killable(supervisor: Supervisor, child: ChildSpec) -> None:
        life = LIFE.get()

        async def start() -> None:
            with trio.CancelScope() as scope:
                world.actors[scope] = (life, child.name)
                try:
                    await child.start()
                finally:
                    del world.actors[scope]
            if scope.cancelled_caught:
                raise ActorKilled(child.name)

        start_child(supervisor, evolve(child, start=start))

    with patch.object(Supervisor, "start_child", start_killable):
        yield


async def kill_actors(world: World) -> None:
    """End one actor after the other, each at whatever it awaits."""
    random = world.simulation.random
    while True:
        await trio.sleep(random.random() * 4)
        alive = [scope for scope, (life, _) in world.actors.items() if life is world.life]
        if alive and world.process is not None:
            victim = random.choice(alive)
            world.simulation.trace.event(f"killed: {world.actors[victim][1]}")
            victim.cancel()


async def jump(world: World) -> None:
    random = world.simulation.random
    while True:
        await trio.sleep(random.random() * 20)
        seconds = random.choice(JUMPS)
        world.simulation.trace.event(f"the wall's clock jumps by {seconds:g} s")
        world.simulation.clock.jump(seconds)


async def storm(world: World) -> None:
    random = world.simulation.random
    while True:
        await trio.sleep(random.random() * 20)
        world.bank.faults = random.choice((NO_BANK_FAULTS, STORMY, world.plan.bank))


async def forget(world: World) -> None:
    """Forget a merchant's oldest events, some of them just told, but none that were not read before."""
    random = world.simulation.random
    while True:
        await trio.sleep(random.random() * 4)
        process = await world.reached()
        LIFE.set(process.life)
        merchant_id = random.choice(list(world.merchant_ids))
        before = world.simulation.clock.now() - timedelta(seconds=random.choice((0.0, 0.0, 3.0)))
        with process.life.guest(), suppress(ProcessDied, StorageLost, StorageUnavailable):
            world.read_log(process)
            forgotten = await process.storage.forgotten_seq(merchant_id)
            most = min(len(world.log.of(merchant_id)) - forgotten, random.randint(1, 20))
            if most:
                count = await process.storage.forget_events(merchant_id, before, most)
                world.simulation.trace.event(f"forgot {count} events of {merchant_id}")
                world.tally.count("events told", "and forgotten", count)


async def make_mischief(world: World) -> None:
    """Do what the plan says until the faults end."""
    plan = world.plan
    async with trio.open_nursery() as nursery:
        for wanted, mischief in (
            (plan.kills, kill_actors),
            (plan.jumps, jump),
            (plan.storms, storm),
            (plan.forgets, forget),
        ):
            if wanted:
                nursery.start_soon(mischief, world)
        await world.calm.wait()
        nursery.cancel_scope.cancel()


async def operate(world: World) -> None:
    """Settle what the bank refuses to reverse, as its ledger says; while there are faults, more than that."""
    random = world.simulation.random
    while True:
        await trio.sleep(random.random() * 20)
        if not world.is_calm and not world.plan.operator:
            continue
        process = await world.reached()
        LIFE.set(process.life)
        with process.life.guest():
            try:
                for one in await process.storage.unresolved("", 50):
                    await _settle(world, process, one)
            except (ProcessDied, StorageUnavailable, ReplyAbandoned):
                pass


async def _settle(world: World, process: Process, unresolved: Unresolved) -> None:
    attempt = unresolved.change.attempt
    is_hasty = attempt.outcome is AttemptOutcome.DOUBTFUL and not world.is_calm
    if not is_hasty and attempt.outcome is not AttemptOutcome.NOT_REVERSIBLE:
        return
    decisions = world.bank.ledger.decisions(attempt.reference)
    verdict = Verdict.FAILED
    if any(one.stands for one in decisions):
        verdict = Verdict.SUCCEEDED
    elif decisions and not any(one.is_yes for one in decisions):
        verdict = Verdict.DECLINED
    job_id = unresolved.change.job.id
    world.settled[job_id] = None  # from here on it may have taken effect
    answer = await settle_payment(process.gateway, job_id, verdict, "as the bank's ledger says")
    world.simulation.trace.event(f"settled: {job_id} {verdict} {'' if isinstance(answer, Ok) else answer}")
