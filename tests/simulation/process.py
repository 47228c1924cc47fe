"""One life of the gateway: the real actors, storage and connector, put together as `pgw.service` does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import trio
from attrs import define, frozen

from pgw.actors.backoff import Backoff
from pgw.actors.bank import Bank
from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.actors.key_ring import KeyRing
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.webhook_ports import WebhookPorts
from pgw.actors.webhooks import Webhooks
from pgw.bank.http import HttpBank
from pgw.bank.port import Answer, BankFeature, Call
from pgw.domain.delivery import RetrySchedule
from pgw.domain.event import Event
from pgw.http.call import Parts
from pgw.http.jobs.frames import event_frame
from pgw.http.jobs.tickets import StreamTickets
from pgw.http.stopping import Stopping
from pgw.ports import Clock
from pgw.service import RETRY_FIRST_SECONDS, RETRY_LONGEST_SECONDS
from pgw.settings import Settings
from pgw.storage.sqlite import SqliteStorage
from pgw.webhooks.secrets import WebhookSecrets
from pgw.webhooks.url import read_endpoint_url
from tests.merchants import a_merchant, key_on
from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_network import SimulatedNetwork
from tests.simulation.disk import Disk
from tests.simulation.front_door import API_KEY, HASTY, Client, front_door
from tests.simulation.life import Life
from tests.simulation.oracle_of_telling import Limits
from tests.simulation.plan import Plan
from tests.simulation.receiver import Receiver
from tests.simulation.seeded import Simulation
from tests.simulation.storage import connection_of, open_simulated_storage
from tests.simulation.webhook_sender import SimulatedSender

DATABASE = Path("/pgw.db")
MERCHANTS = (a_merchant("mer_a", "Shop A"), a_merchant("mer_b", "Shop B"))
SECRET = b"a secret of 32 bytes or of more."
GRACE_SECONDS = 10.0
MOST_IN_FLIGHT = 6
MOST_IN_FLIGHT_A_MERCHANT = 5


OnAnswer = Callable[[Call, Answer], None]
OnReady = Callable[["Process"], Awaitable[None]]


@define(eq=False)
class Process:
    """What clients and the operator reach of a life that has started; `http` where it has a front door."""

    life: Life
    gateway: Gateway
    storage: SqliteStorage
    stream: EventStream
    webhooks: Webhooks
    http: Client | None = None


@frozen
class Surroundings:
    """What a life runs on. The disk, the bank and the receivers, by their URL, outlive it."""

    simulation: Simulation
    plan: Plan
    disk: Disk
    bank: SimulatedBank
    receivers: Mapping[str, Receiver]
    clock: Clock
    on_answer: OnAnswer
    """Told what the bank answered, as the actors hear it."""
    report: Callable[[str], None]
    """Told what is found wrong on the way."""


async def run_process(
    around: Surroundings,
    life: Life,
    stopping: Stopping,
    on_opened: Callable[[SqliteStorage], Awaitable[None]],
    on_ready: OnReady,
) -> None:
    """Recover, then take payments until told to stop. Raises what ends a process."""
    random, plan = around.simulation.random, around.plan

    async def pause() -> None:
        await trio.sleep(random.random() * plan.longest_pause)

    stream = EventStream(event_frame)
    told = [stream.publish]

    def on_committed(events: Sequence[Event]) -> None:
        for tell in told:
            tell(events)

    opening = open_simulated_storage(around.disk, DATABASE, on_committed, life=life, pause=pause)
    async with opening as storage, trio.open_nursery() as nursery:
        await on_opened(storage)
        await storage.resume_timeline(SECRET)
        for merchant in MERCHANTS[: plan.merchants]:
            await storage.add_merchant(merchant)
        limits = GatewayLimits(MOST_IN_FLIGHT, MOST_IN_FLIGHT_A_MERCHANT, taken_up=plan.concurrency)
        webhooks = Webhooks(_webhook_ports(around, storage, life))
        told.append(webhooks.on_committed)
        gateway = Gateway(_ports(around, storage, life), limits, beside=[webhooks.spec])
        nursery.start_soon(gateway.run)
        await gateway.recover()
        process = Process(life, gateway, storage, stream, webhooks)
        async with AsyncExitStack() as doors:
            if plan.speaks_http:
                await _open_front_door(doors, around, process, stopping)
            nursery.start_soon(on_ready, process)
            await stopping.wait()
            gateway.admit_no_more()
            webhooks.begin_no_more()
            with trio.move_on_after(GRACE_SECONDS):
                await gateway.drained()
                await webhooks.drained()
        nursery.cancel_scope.cancel()


async def _open_front_door(
    doors: AsyncExitStack, around: Surroundings, process: Process, stopping: Stopping
) -> None:
    simulation, storage = around.simulation, process.storage
    keys = KeyRing(SECRET, simulation.clock)
    await storage.add_key(key_on(keys, API_KEY, MERCHANTS[0].id))
    keys.take(await storage.keys_not_revoked())
    ports = simulation.clock, simulation.ids
    parts = Parts(
        process.gateway,
        storage,
        process.stream,
        keys,
        *ports,
        stopping,
        GRACE_SECONDS,
        SECRET,
        webhooks=process.webhooks,
        webhook_secrets=WebhookSecrets(SECRET),
        tickets=StreamTickets(keys, simulation.clock, simulation.randomness),
        read_endpoint_url=partial(read_endpoint_url, allow_private=False),
    )
    door = front_door(parts, simulation, process.life, faults=HASTY)
    process.http = await doors.enter_async_context(door)


class WatchedBank(Bank):
    """Tells what it answers."""

    on_answer: OnAnswer

    async def perform(self, call: Any, *, submit_by: float) -> Any:
        answer: Any = await super().perform(call, submit_by=submit_by)
        self.on_answer(call, answer)
        return answer


def _ports(around: Surroundings, storage: SqliteStorage, life: Life) -> PaymentPorts:
    settings, plan, clock = Settings(), around.plan, around.clock
    randomness = around.simulation.randomness
    connector = HttpBank(
        name="bank",
        url="http://bank",
        features=frozenset(BankFeature),
        network=SimulatedNetwork(around.bank, life),
        answer_timeout=plan.answer_timeout,
    )
    bank = WatchedBank(
        connector,
        concurrency=plan.concurrency,
        queue=MOST_IN_FLIGHT,
        retire_after=settings.bank_idle,
        clock=clock,
        randomness=randomness,
    )
    bank.on_answer = around.on_answer
    backoff = Backoff(RETRY_FIRST_SECONDS, RETRY_LONGEST_SECONDS, randomness)
    schedule = Backoff(settings.inquiry_first, plan.inquiry_longest, randomness)
    return PaymentPorts(
        storage,
        bank,
        clock,
        around.simulation.ids,
        backoff,
        schedule,
        plan.submission_window,
        authorized_for=timedelta(seconds=plan.authorized_for),
    )


def _webhook_ports(around: Surroundings, storage: SqliteStorage, life: Life) -> WebhookPorts:
    simulation, plan = around.simulation, around.plan.webhooks
    sender = SimulatedSender(
        simulation.random,
        life,
        around.receivers,
        connection_of(storage),
        Limits(plan.of_endpoint, plan.in_all, len(plan.schedule)),
        plan.timeout,
        simulation.trace.event,
        around.report,
    )
    schedule, disable_after = RetrySchedule(plan.schedule), timedelta(seconds=plan.disable_after)
    ports = around.clock, simulation.randomness, schedule, disable_after
    return WebhookPorts(storage, sender, *ports, concurrency=plan.in_all)
