"""Reads of payments, jobs and events on SQLite, each of them one statement."""

from collections.abc import Sequence

from pgw.domain.event import Event
from pgw.domain.idempotency import Claim
from pgw.domain.payment import Payment
from pgw.storage import port, reading, retention
from pgw.storage.books import BookEntry
from pgw.storage.port import Change, Unresolved
from pgw.storage.rows import RowUnreadable
from pgw.storage.sqlite_merchants import SqliteMerchants


class SqliteReading(SqliteMerchants):
    """Part of `pgw.storage.port.Storage`: what is read as it is on disk, over the same engines."""

    async def payment_to_change(self, merchant_id: str, payment_id: str) -> Payment | None:
        # By the writer, so behind a commit that is under way: it may be of this very payment.
        (payment,) = await self._read_behind_writes(reading.find_payments, [payment_id])
        if isinstance(payment, RowUnreadable):
            raise payment
        return payment if payment is not None and payment.merchant_id == merchant_id else None

    async def last_seq(self, merchant_id: str) -> int:
        return await self._read(reading.last_seq, merchant_id)

    async def forgotten_seq(self, merchant_id: str) -> int:
        return await self._read(retention.forgotten_seq, merchant_id)

    async def events_after(
        self, merchant_id: str, seq: int, *, job_id: str | None = None, limit: int = 500
    ) -> Sequence[Event]:
        return await self._read(reading.events_after, merchant_id, seq, job_id, limit)

    async def unresolved(self, after_job_id: str, limit: int) -> Sequence[Unresolved]:
        return await self._read(reading.unresolved, after_job_id, limit)

    async def count_unresolved(self, most: int) -> port.UnresolvedCount:
        return await self._read(reading.count_unresolved, most)

    async def books(self, after_reference: str, limit: int) -> Sequence[BookEntry]:
        return await self._read(reading.books, after_reference, limit)

    async def book_entry(self, reference: str) -> BookEntry | None:
        return await self._read(reading.book_entry, reference)

    async def claim(self, merchant_id: str, key: str) -> Claim | None:
        return await self._read(reading.claim, merchant_id, key)

    async def change_of(self, job_id: str) -> Change | None:
        # By the writer, so behind a commit that is under way: it may be this very job's.
        return await self._read_behind_writes(reading.change_of, job_id)
