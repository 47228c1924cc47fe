"""Forgets what was kept long enough."""

from datetime import datetime, timedelta

import structlog
import trio
from attrs import frozen

from pgw.ports import Clock
from pgw.storage.port import Storage, StorageUnavailable

CLAIMS_KEPT_FOR = timedelta(hours=24)
EVERY_SECONDS = 300.0
CLAIMS_A_BATCH = 200
BETWEEN_BATCHES_SECONDS = 0.05
_log = structlog.get_logger()


@frozen
class Housekeeping:
    """Forgets, every few minutes, idempotency keys that are old enough and whose jobs have ended.

    It waits before it begins, so that a bug in it alone never brings the gateway down.
    """

    storage: Storage
    clock: Clock

    async def run(self) -> None:
        began, since = self.clock.now(), self.clock.monotonic()
        while True:
            await trio.sleep(EVERY_SECONDS)
            # A wall clock that jumps ahead frees no key before its time.
            steady = began + timedelta(seconds=self.clock.monotonic() - since)
            await self._forget_claims(min(steady, self.clock.now()) - CLAIMS_KEPT_FOR)

    async def _forget_claims(self, before: datetime) -> None:
        """Forget them a batch at a time, so that no payment waits behind more than one."""
        forgotten = CLAIMS_A_BATCH
        while forgotten == CLAIMS_A_BATCH:
            try:
                forgotten = await self.storage.forget_claims(before, CLAIMS_A_BATCH)
            except StorageUnavailable as error:
                _log.warning("ClaimsNotForgotten", Reason=error)
                return
            await trio.sleep(BETWEEN_BATCHES_SECONDS)
