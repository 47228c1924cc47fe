"""What the gateway asks of its storage about timelines."""

from collections.abc import Sequence
from typing import Protocol

from pgw.domain.timeline import ChainPage, RecordedEntry


class TimelineStorage(Protocol):
    """Entries are written with the changes that they tell of, and are kept for good.

    Each method raises `StorageUnavailable`.
    """

    async def timeline(
        self, merchant_id: str, payment_id: str, after: int, limit: int
    ) -> Sequence[RecordedEntry] | None:
        """Return a page of the timeline of the merchant's payment, the oldest first, those after a number.

        None where there is no such payment, or it is another merchant's.
        """

    async def chain_page(self, after: int, limit: int) -> ChainPage:
        """Return a page of all entries as they stand in their chain, those after a number, and its head."""
