"""One life of the gateway: the real actors, storage and connector, put together as `pgw.service` does."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import trio
from attrs import define

from pgw.actors.backoff import Backoff
from pgw.actors.bank import Bank
from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.http import HttpBank
from pgw.bank.port import BankFeature
from pgw.domain.merchant import ApiKey, Merchant
from pgw.ports import Clock
from pgw.service import RETRY_FIRST_SECONDS, RETRY_LONGEST_SECONDS
from pgw.settings import Settings
from pgw.storage.sqlite import SqliteStorage
from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_network import SimulatedNetwork
from tests.simulation.disk import Disk
from tests.simulation.life import Life
from tests.simulation.plan import Plan
from tests.simulation.seeded import Simulation
from tests.simulation.storage import open_simulated_storage

DATABASE = Path("/pgw.db")
MERCHANTS = (Merchant("mer_a", "Shop A"), Merchant("mer_b", "Shop B"))
GRACE_SECONDS = 10.0
MOST_IN_FLIGHT = 6
MOST_IN_FLIGHT_A_MERCHANT = 5


@define(eq=False)
class Process:
    """What clients and the operator reach of a life that has started."""

    life: Life
    gateway: Gateway
    storage: SqliteStorage
    stream: EventStream


async def run_process(
    simulation: Simulation,
    plan: Plan,
    disk: Disk,
    bank: SimulatedBank,
    life: Life,
    stopping: trio.Event,
    clock: Clock,
    on_opened: Callable[[SqliteStorage], Awaitable[None]],
    on_ready: Callable[[Process], Awaitable[None]],
) -> None:
    """Recover, then take payments until told to stop. Raises what ends a process."""

    async def pause() -> None:
        await trio.sleep(simulation.random.random() * plan.longest_pause)

    stream = EventStream()
    opening = open_simulated_storage(disk, DATABASE, stream.publish, life=life, pause=pause)
    async with opening as storage, trio.open_nursery() as nursery:
        await on_opened(storage)
        for merchant in MERCHANTS[: plan.merchants]:
            await storage.add_merchant(merchant, ApiKey(f"{merchant.id:0<64}", merchant.id, demo=True))
        ports = _ports(simulation, plan, storage, bank, life, clock)
        limits = GatewayLimits(MOST_IN_FLIGHT, MOST_IN_FLIGHT_A_MERCHANT, taken_up=plan.concurrency)
        gateway = Gateway(ports, limits)
        nursery.start_soon(gateway.run)
        await gateway.recover()
        nursery.start_soon(on_ready, Process(life, gateway, storage, stream))
        await stopping.wait()
        gateway.admit_no_more()
        await gateway.drained(GRACE_SECONDS)
        nursery.cancel_scope.cancel()


def _ports(
    simulation: Simulation,
    plan: Plan,
    storage: SqliteStorage,
    bank: SimulatedBank,
    life: Life,
    clock: Clock,
) -> PaymentPorts:
    settings, randomness = Settings(), simulation.randomness
    connector = HttpBank(
        name="bank",
        url="http://bank",
        features=frozenset(BankFeature),
        network=SimulatedNetwork(bank, life),
        answer_timeout=plan.answer_timeout,
    )
    actor = Bank(
        connector,
        concurrency=plan.concurrency,
        queue=MOST_IN_FLIGHT,
        retire_after=settings.bank_idle,
        clock=clock,
        randomness=randomness,
    )
    backoff = Backoff(RETRY_FIRST_SECONDS, RETRY_LONGEST_SECONDS, randomness)
    schedule = Backoff(settings.inquiry_first, plan.inquiry_longest, randomness)
    return PaymentPorts(storage, actor, clock, simulation.ids, backoff, schedule, plan.submission_window)
