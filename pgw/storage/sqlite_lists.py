"""Lists on SQLite: each page one statement, by the reader."""

from pgw.domain.job import Job
from pgw.domain.listing import JobFilter, Page, PaymentFilter, Place
from pgw.domain.payment import Payment
from pgw.storage import lists
from pgw.storage.sqlite_merchants import SqliteMerchants


class SqliteLists(SqliteMerchants):
    """`pgw.storage.list_port.ListStorage`, over the same engines.

    A statement of the reader's begins where the newest commit is by then, so what was answered is in it.
    """

    async def page_of_payments(
        self, merchant_id: str, wanted: PaymentFilter, before: Place | None, limit: int
    ) -> Page[Payment]:
        return await self._read(lists.page_of_payments, merchant_id, wanted, before, limit)

    async def page_of_jobs(
        self, merchant_id: str, wanted: JobFilter, before: Place | None, limit: int
    ) -> Page[Job]:
        return await self._read(lists.page_of_jobs, merchant_id, wanted, before, limit)
