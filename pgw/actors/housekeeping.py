"""Forgets what was kept long enough."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
import trio
from attrs import frozen

from pgw.ports import Clock
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

    It waits before it begins, so that a bug in it alone never brings the gateway down.
    """

    storage: Storage
    clock: Clock
    events_kept_for: timedelta = EVENTS_KEPT_FOR

    async def run(self) -> None:
        began, since = self.clock.now(), self.clock.monotonic()
        while True:
            await trio.sleep(EVERY_SECONDS)
            # A wall clock that jumps ahead frees no key, and forgets no event, before its time.
            steady = began + timedelta(seconds=self.clock.monotonic() - since)
            now = min(steady, self.clock.now())
            await self._forget("ClaimsNotForgotten", self._forget_claims, now - CLAIMS_KEPT_FOR)
            await self._forget("EventsNotForgotten", self._forget_events, now - self.events_kept_for)
            await self._forget("EndpointsNotForgotten", self._forget_endpoints, now)

    async def _forget(
        self, failure: str, forget: Callable[[datetime], Awaitable[None]], before: datetime
    ) -> None:
        """Leave what cannot be forgotten now for the next time."""
        try:
            await forget(before)
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

    async def _forget_endpoints(self, _before: datetime) -> None:
        """Look at all that are deleted, a batch at a time."""
        after_id: str | None = ""
        while after_id is not None:
            after_id = await self.storage.forget_endpoints(after_id, ENDPOINTS_A_BATCH)
            await trio.sleep(BETWEEN_BATCHES_SECONDS)
