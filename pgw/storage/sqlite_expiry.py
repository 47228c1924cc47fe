"""Storage of what expires on SQLite."""

from collections.abc import Sequence
from datetime import datetime

from pgw.domain.times import milliseconds
from pgw.storage import expiry
from pgw.storage.expiry_port import Expired
from pgw.storage.sqlite_merchants import SqliteMerchants


class SqliteExpiry(SqliteMerchants):
    """`pgw.storage.expiry_port.ExpiryStorage`, over the same engines."""

    async def expired(self, now: datetime, *, limit: int, after: Expired | None = None) -> Sequence[Expired]:
        return await self._read(expiry.expired, milliseconds(now), after, limit)

    async def put_back_expiries(self, now: datetime, latest: datetime, *, limit: int) -> int:
        return await self._change(expiry.put_back, milliseconds(now), milliseconds(latest), limit)
