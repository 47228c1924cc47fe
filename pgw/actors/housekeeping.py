"""Forgets what was kept long enough."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
import trio
from attrs import frozen

from pgw.actors.trusted_time import TrustedTime
from pgw.storage.port import Storage, StorageUnavailable

CLAIMS_KEPT_FOR = timedelta(hours=24)
EVENTS_KEPT_FOR = timedelta(days=30)
EVERY_SECONDS = 300.0
CLAIMS_A_BATCH = 200
EVENTS_A_BATCH = 200
ENDPOINTS_A_BATCH = 200
MERCHANTS_A_PAGE = 100
BETWEEN_BATCHES_SECONDS = 0.05
_log = structlog.get_logger()


@frozen
class Housekeeping:
    """Forgets, every few minutes, idempotency keys whose jobs have ended, and events, that are old enough.

    Deleted webhook endpoints go once no event is kept that was for them.

    While the wall's clock is not believed nothing is forgotten by it: no key is freed before its time.

    It waits before it begins, so that a bug in it alone never brings the gateway down.
    """

    storage: Storage
    time: TrustedTime
    events_kept_for: timedelta = EVENTS_KEPT_FOR

    async def run(self) -> None:
        while True:
            await trio.sleep(EVERY_SECONDS)
            now = self.time.now()
            if now is not None:
                claims = partial(self._forget_claims, now - CLAIMS_KEPT_FOR)
                await self._forget("ClaimsNotForgotten", claims)
                events = partial(self._forget_events, now - self.events_kept_for)
                await self._forget("EventsNotForgotten", events)
            await self._forget("EndpointsNotForgotten", self._forget_endpoints)

    async def _forget(self, failure: str, forget: Callable[[], Awaitable[None]]) -> None:
        """Leave what cannot be forgotten now for the next time."""
        try:
            await forget()
        except StorageUnavailable as error:
            _log.warning(failure, Reason=error)

    async def _forget_claims(self, before: datetime) -> None:
        """Forget them a batch at a time, so that no payment waits behind more than one."""
        forgotten = CLAIMS_A_BATCH
        while forgotten == CLAIMS_A_BATCH:
            forgotten = await self.storage.forget_claims(before, CLAIMS_A_BATCH)
            await trio.sleep(BETWEEN_BATCHES_SECONDS)

    async def _forget_events(self, before: datetime) -> None:
        """Forget those of one merchant after the other, a batch at a time."""
        after_id, merchants = "", None
        while merchants is None or len(merchants) == MERCHANTS_A_PAGE:
            merchants = await self.storage.merchants(after_id, MERCHANTS_A_PAGE)
            for merchant in merchants:
                after_id, forgotten = merchant.id, None
                # A batch is smaller where its events have very many deliveries.
                while forgotten != 0:
                    forgotten = await self.storage.forget_events(after_id, before, EVENTS_A_BATCH)
                    await trio.sleep(BETWEEN_BATCHES_SECONDS)

    async def _forget_endpoints(self) -> None:
        """Look at all that are deleted, a batch at a time."""
        after_id: str | None = ""
        while after_id is not None:
            after_id = await self.storage.forget_endpoints(after_id, ENDPOINTS_A_BATCH)
            await trio.sleep(BETWEEN_BATCHES_SECONDS)
