"""Storage of timelines on SQLite."""

from collections.abc import Sequence

from pgw.audit.chain import ChainKey
from pgw.domain.timeline import ChainPage, RecordedEntry
from pgw.storage import chain, timeline
from pgw.storage.chain import Chain
from pgw.storage.engine import Engine
from pgw.storage.sqlite_merchants import SqliteMerchants


class SqliteTimeline(SqliteMerchants):
    """`pgw.storage.timeline_port.TimelineStorage`, over the same engines."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        super().__init__(writer, reader)
        self._chain = Chain()

    async def resume_timeline(self, key: bytes) -> None:
        """Seal entries with a key from now on; until then none can be written.

        Says loudly in the log where the chain is not as it was left. Raises `StorageUnavailable`.
        """
        self._chain = await self._change(chain.resume, ChainKey(key))

    async def timeline(
        self, merchant_id: str, payment_id: str, after: int, limit: int
    ) -> Sequence[RecordedEntry] | None:
        return await self._read(timeline.of_payment, merchant_id, payment_id, after, limit)

    async def chain_page(self, after: int, limit: int) -> ChainPage:
        return await self._read(timeline.page, after, limit)
