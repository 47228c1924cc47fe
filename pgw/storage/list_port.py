"""What the gateway asks of its storage about lists."""

from typing import Protocol

from pgw.domain.job import Job
from pgw.domain.listing import JobFilter, Page, PaymentFilter, Place
from pgw.domain.payment import Payment


class ListStorage(Protocol):
    """Pages of what a merchant has, the newest first, of those before a place where one is given.

    What a write that returned left is in them. No page takes longer for how many others there are. Each
    method raises `StorageUnavailable`.
    """

    async def page_of_payments(
        self, merchant_id: str, wanted: PaymentFilter, before: Place | None, limit: int
    ) -> Page[Payment]:
        """Return at most `limit` of the merchant's payments, as they are now."""

    async def page_of_jobs(
        self, merchant_id: str, wanted: JobFilter, before: Place | None, limit: int
    ) -> Page[Job]:
        """Return at most `limit` of the merchant's jobs, as they are now."""
