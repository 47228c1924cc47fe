from collections.abc import Sequence

from pgw.domain.timeline import ChainPage, RecordedEntry
from pgw.storage.timeline_port import TimelineStorage


class NoTimeline(TimelineStorage):
    """What tests of others than timelines ask nothing of."""

    async def timeline(
        self, merchant_id: str, payment_id: str, after: int, limit: int
    ) -> Sequence[RecordedEntry] | None:
        raise NotImplementedError

    async def chain_page(self, after: int, limit: int) -> ChainPage:
        raise NotImplementedError
