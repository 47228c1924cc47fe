"""Puts the metrics together, and serves them where they have an address of their own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import structlog
import trio
from attrs import evolve

from pgw import __version__
from pgw.actors.event_stream import EventStream
from pgw.domain.event import Event
from pgw.domain.job import JobEvent
from pgw.domain.payment import VoidReason
from pgw.http.app import make_app
from pgw.http.call import Parts
from pgw.http.door import Door
from pgw.http.open_connections import OpenConnections
from pgw.http.problems.codes import PROBLEMS
from pgw.http.routes import METRICS_AND_HEALTH, ROUTES, WITHOUT_METRICS, Route
from pgw.http.server import listen, serve, url_of
from pgw.measures import Measures
from pgw.metrics.exposition import Exposition
from pgw.metrics.gauges import Gauges
from pgw.metrics.loop_lag import watch_loop_lag
from pgw.metrics.measured import PrometheusMeasures
from pgw.settings import ListenAddress
from pgw.storage.port import OnCommitted

MOST_SCRAPERS = 100
_log = structlog.get_logger()


class Metering:
    """The measures of one gateway."""

    def __init__(self, stream: EventStream) -> None:
        self.told: list[OnCommitted] = [stream.publish]
        codes = [problem.code for problem in PROBLEMS.values() if problem.status is not None]
        self._prometheus = PrometheusMeasures(codes)
        self._listener: trio.SocketListener | None = None
        self.measures: Measures = self._prometheus
        self.routes: Sequence[Route] = ROUTES

    def on_committed(self, events: Sequence[Event]) -> None:
        """Count what was committed, and tell it to all who are `told`."""
        for event in events:
            if isinstance(event, JobEvent):
                self._count(event)
        for tell in self.told:
            tell(events)

    def _count(self, event: JobEvent) -> None:
        if event.is_of_payment:
            self.measures.payment_became(event.job.payment_status)
        if event.job.void_reason is VoidReason.EXPIRED:
            self.measures.expiry_became(event.job.status)

    @contextmanager
    def listening(self, address: ListenAddress | None) -> Iterator[None]:
        """Listen on the metrics' own address, if they have one; then `routes` are without them.

        Raises `CannotListen`.
        """
        if address is None:
            yield
            return
        with listen(address.host, address.port) as listener:
            self._listener = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
            self.routes = WITHOUT_METRICS
            yield

    def measuring(self, parts: Parts, connections: OpenConnections, door: Door) -> Parts:
        """Return the parts with what measures, and what shows it of them and of those beside."""
        gauges = Gauges(
            parts.gateway,
            parts.storage,
            parts.stream,
            parts.webhooks,
            lambda: door.turned_away,
            connections,
            parts.clock,
            __version__,
        )
        exposition = Exposition(self._prometheus.registry, gauges)
        return evolve(parts, measures=self.measures, scrape=exposition.scrape)

    async def run(self, parts: Parts) -> None:
        """Watch the event loop, and serve the metrics at their own address, until cancelled.

        So they are also served while the gateway drains.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch_loop_lag, parts.clock, self.measures)
            if self._listener is not None:
                host, port, *_ = self._listener.socket.getsockname()
                _log.info("MetricsReady", Url=url_of(host, port))
                app = make_app(parts, METRICS_AND_HEALTH)
                serve_all = partial(
                    serve,
                    app,
                    self._listener,
                    clock=parts.clock,
                    ids=parts.ids,
                    door=Door(parts.clock, parts.ids),
                    shutdown=trio.sleep_forever,
                    grace=0,
                    connections=OpenConnections(most=MOST_SCRAPERS),
                )
                nursery.start_soon(serve_all)
