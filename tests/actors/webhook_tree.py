"""Webhooks at work over the inline engine and a sender that a test directs, in virtual time."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import trio
from attrs import define, field, frozen
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.webhook_ports import WebhookPorts
from pgw.actors.webhooks import Webhooks
from pgw.domain.delivery import DeliveryTold, DueDelivery, RetrySchedule
from pgw.domain.event import Event
from pgw.domain.webhook import WebhookEndpoint
from pgw.measures import UNMEASURED, Measures
from pgw.storage.sqlite import SqliteStorage
from pgw.storage.webhook_port import DeliveryFilter
from pgw.webhooks.port import Answered, SendOutcome
from tests.actors.fake_bank import FixedRandomness
from tests.merchants import a_merchant
from tests.simulation.disk import Disk
from tests.simulation.life import Life
from tests.simulation.seeded_ports import SimulatedClock
from tests.simulation.storage import open_simulated_storage
from tests.storage.conftest import NOW, Changes
from tests.timeline import TIMELINE_KEY

OK = Answered(200)
WAITS = (0.0, 5.0, 300.0)
DAY = 86_400.0
Send = Callable[[WebhookEndpoint, DueDelivery], Awaitable[SendOutcome]]


async def takes_all(_endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
    await trio.lowlevel.checkpoint()
    return OK


def answers(*outcomes: SendOutcome) -> Send:
    """Give one answer after the other, and keep to the last."""
    left = list(outcomes)

    async def send(_endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
        await trio.lowlevel.checkpoint()
        return left.pop(0) if len(left) > 1 else left[0]

    return send


@frozen
class Sent:
    """A try that was begun, at a monotonic time in seconds."""

    at: float
    endpoint_id: str
    seq: int
    url: str


@define(eq=False)
class FakeSender:
    """Keeps what it was given to send, and how much at a time at most."""

    answer: Send = takes_all
    sent: list[Sent] = field(factory=list)
    at_a_time: dict[str, int] = field(factory=dict)
    most: dict[str, int] = field(factory=dict)
    most_in_all: int = 0

    async def send(self, endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
        self.sent.append(Sent(trio.current_time(), endpoint.id, due.delivery.key.seq, endpoint.url))
        now = self.at_a_time[endpoint.id] = self.at_a_time.get(endpoint.id, 0) + 1
        self.most[endpoint.id] = max(self.most.get(endpoint.id, 0), now)
        self.most_in_all = max(self.most_in_all, sum(self.at_a_time.values()))
        try:
            return await self.answer(endpoint, due)
        finally:
            self.at_a_time[endpoint.id] -= 1

    def seqs(self, endpoint_id: str = "whe_b") -> list[int]:
        return [sent.seq for sent in self.sent if sent.endpoint_id == endpoint_id]


@frozen
class WebhookScene:
    """`told` are the events that were committed; each payment is of `mer_a` unless a test says so."""

    storage: SqliteStorage
    sender: FakeSender
    clock: SimulatedClock
    ports: WebhookPorts
    webhooks: Webhooks
    changes: Changes

    async def pay(self, merchant_id: str = "mer_a", *, ended: bool = False) -> None:
        """Accept a payment, which is one event, and end it, which is another."""
        change = self.changes.accepted(merchant_id)
        await self.storage.write(change)
        if ended:
            await self.storage.write(self.changes.authorized(change))

    async def told(self, endpoint_id: str = "whe_b") -> list[DeliveryTold]:
        """Return all deliveries to an endpoint, the oldest first."""
        wanted = DeliveryFilter(endpoint_id=endpoint_id)
        return [*reversed(await self.storage.deliveries("mer_a", wanted, None, 1000))]

    async def statuses(self, endpoint_id: str = "whe_b") -> list[str]:
        return [one.delivery.status for one in await self.told(endpoint_id)]


@asynccontextmanager
async def open_webhook_scene(
    disk: Disk | None = None,
    *,
    send: Send = takes_all,
    waits: tuple[float, ...] = WAITS,
    concurrency: int = 512,
    jitter: float = 1.0,
    disable_after: float = 5 * DAY,
    days: int = 0,
    measures: Measures = UNMEASURED,
    run: bool = True,
) -> AsyncIterator[WebhookScene]:
    """Run webhooks on a database with two merchants; on the same disk it is a later start, some days on."""
    assert isinstance(trio.lowlevel.current_clock(), MockClock), "the test asks for `autojump_clock`"
    clock, sender = SimulatedClock(), FakeSender(send)
    # The time of the payments.
    clock.jump((NOW - clock.now()).total_seconds() + 1 + days * DAY)
    told: list[Webhooks] = []

    def on_committed(events: Sequence[Event]) -> None:
        for webhooks in told:
            webhooks.on_committed(events)

    disk = disk or Disk(Random(17))
    opened = open_simulated_storage(disk, Path("pgw.db"), on_committed, life=Life())
    async with opened as storage, trio.open_nursery() as nursery:
        await storage.resume_timeline(TIMELINE_KEY)
        for merchant_id in ("mer_a", "mer_b"):
            await storage.add_merchant(a_merchant(merchant_id))
        ports = WebhookPorts(
            *(storage, sender, clock, FixedRandomness(jitter), RetrySchedule(waits)),
            disable_after=timedelta(seconds=disable_after),
            concurrency=concurrency,
            measures=measures,
        )
        webhooks = Webhooks(ports)
        told.append(webhooks)
        if run:
            nursery.start_soon(webhooks.run)
            await wait_all_tasks_blocked()
        yield WebhookScene(storage, sender, clock, ports, webhooks, Changes())
        nursery.cancel_scope.cancel()
