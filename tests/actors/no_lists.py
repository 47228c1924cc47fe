"""What a storage without lists has of them."""

from pgw.domain.job import Job
from pgw.domain.listing import JobFilter, Page, PaymentFilter, Place
from pgw.domain.payment import Payment
from pgw.storage.list_port import ListStorage


class NoLists(ListStorage):
    async def page_of_payments(
        self, merchant_id: str, wanted: PaymentFilter, before: Place | None, limit: int
    ) -> Page[Payment]:
        raise NotImplementedError

    async def page_of_jobs(
        self, merchant_id: str, wanted: JobFilter, before: Place | None, limit: int
    ) -> Page[Job]:
        raise NotImplementedError
