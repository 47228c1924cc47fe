"""All that was measured, as text for Prometheus."""

import structlog
import trio
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from pgw.measures import Scraped
from pgw.metrics.gauges import Gauges
from pgw.storage.port import StorageUnavailable, UnresolvedCount

OPEN_METRICS = "application/openmetrics-text"
MOST_COUNTED = 100_000
STORAGE_SECONDS = 1.0
KEPT_SECONDS = 1.0
_log = structlog.get_logger()


class Exposition:
    """Makes the text, at most once a second in each form: no key is needed, so anybody may ask for it.

    It takes the event loop some milliseconds. Who asks meanwhile waits for the same text.
    """

    def __init__(self, registry: CollectorRegistry, gauges: Gauges) -> None:
        self._registry = registry
        self._gauges = gauges
        registry.register(gauges)
        ProcessCollector(registry=registry)
        self._one_at_a_time = trio.Lock()
        self._made: dict[str, tuple[float, Scraped]] = {}

    async def scrape(self, accept: str) -> Scraped:
        """Return OpenMetrics 1.0.0 where the `Accept` header names it, else Prometheus' text format 0.0.4.

        Where storage does not answer in time, what it would have told is left out.
        """
        form = OPEN_METRICS if _names_open_metrics(accept) else ""
        async with self._one_at_a_time:
            now = self._gauges.clock.monotonic
            made_at, scraped = self._made.get(form, (0.0, None))
            if scraped is None or now() - made_at >= KEPT_SECONDS:
                self._gauges.unresolved = await self._count_unresolved()
                # The library's own choice fails on versions that are none, so it is given no other header.
                encode, content_type = choose_encoder(form)
                scraped = Scraped(encode(self._registry), content_type)
                self._made[form] = now(), scraped
        return scraped

    async def _count_unresolved(self) -> UnresolvedCount | None:
        with trio.move_on_after(STORAGE_SECONDS):
            try:
                return await self._gauges.storage.count_unresolved(MOST_COUNTED)
            except StorageUnavailable as error:
                _log.warning("UnresolvedNotCounted", Reason=error)
        return None


def _names_open_metrics(accept: str) -> bool:
    """Tell whether a media range (RFC 9110, section 12.5.1) is that of OpenMetrics."""
    ranges = (one.partition(";")[0] for one in accept.lower().split(","))
    return OPEN_METRICS in map(str.strip, ranges)
