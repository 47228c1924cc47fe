"""Measures and their text, over a gateway in memory that is not started."""

from collections.abc import Sequence

import trio

from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.http.problems.codes import PROBLEMS
from pgw.metrics.exposition import Exposition
from pgw.metrics.gauges import Gauges
from pgw.metrics.measured import PrometheusMeasures
from pgw.ports import Clock
from pgw.storage.port import StorageUnavailable, UnresolvedCount
from tests.actors.fake_bank import FakeConnector
from tests.actors.memory_storage import MemoryStorage
from tests.actors.tree import ports_with
from tests.actors.webhook_scene import no_webhooks
from tests.metrics.families import Scrape
from tests.simulation.seeded_ports import SimulatedClock


class CountingStorage(MemoryStorage):
    """Tells what the test says, and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.count = UnresolvedCount(0, None, 0)
        self.answers_after = 0.0
        self.is_sound = True
        self.times_asked = 0

    async def count_unresolved(self, most: int) -> UnresolvedCount:  # noqa: ARG002
        self.times_asked += 1
        await trio.sleep(self.answers_after)
        if not self.is_sound:
            raise StorageUnavailable("reads fail")
        return self.count


def some_measures(codes: Sequence[str] = tuple(PROBLEMS)) -> PrometheusMeasures:
    return PrometheusMeasures(codes)


def exposition_of(
    measures: PrometheusMeasures, storage: MemoryStorage | None = None, clock: Clock | None = None
) -> Exposition:
    clock, storage = clock or SimulatedClock(), storage or CountingStorage()
    gateway = Gateway(ports_with(storage, FakeConnector(), clock=clock), GatewayLimits(10, 10, taken_up=1))
    gauges = Gauges(
        gateway, storage, EventStream(str), no_webhooks(storage, clock), lambda: 9, range(7), clock, "1.2.3"
    )
    return Exposition(measures.registry, gauges)


async def scraped(exposition: Exposition) -> Scrape:
    return Scrape.of((await exposition.scrape("")).text.decode())
