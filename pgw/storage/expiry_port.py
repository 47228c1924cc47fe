"""What the gateway asks of its storage about authorizations that nobody captured in time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen


@frozen
class Expired:
    """An authorization whose time was over at `expires_at`, of which nothing is being captured or voided."""

    merchant_id: str
    payment_id: str
    expires_at: datetime


class ExpiryStorage(Protocol):
    """Each method raises `StorageUnavailable`, and may be asked again."""

    async def expired(self, now: datetime, *, limit: int, after: Expired | None = None) -> Sequence[Expired]:
        """Return what has expired by now, the longest expired first, from the one `after` which to go on.

        Not what an open capture or void holds: that is told once it is free.
        """

    async def put_back_expiries(self, now: datetime, latest: datetime, *, limit: int) -> int:
        """Let at most `limit` authorizations expire at the latest time instead; returns how many.

        Those that were authorized at a time which is still to come, so under a clock that was ahead, and that
        would expire later than that. What an open capture or void holds is left as it is.
        """
