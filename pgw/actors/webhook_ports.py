"""What the actors of webhooks work with."""

from datetime import datetime, timedelta
from itertools import count

import structlog
import trio
from attrs import frozen

from pgw.actors.backoff import Backoff
from pgw.domain.delivery import RetrySchedule, TriedDelivery
from pgw.measures import UNMEASURED, Measures
from pgw.ports import Clock, Randomness
from pgw.storage.port import Storage, StorageUnavailable
from pgw.webhooks.port import WebhookSender

STORAGE_FIRST_SECONDS = 0.2
STORAGE_LONGEST_SECONDS = 5.0
CRASHED_FIRST_SECONDS = 2.0
CRASHED_LONGEST_SECONDS = 600.0
LONGEST_ASKED_FOR = 86_400.0
CLOCK_SET_BACK = timedelta(minutes=1)
_log = structlog.get_logger()


@frozen
class WebhookPorts:
    """What every actor of webhooks works with.

    At most `concurrency` tries are under way at a time. An endpoint that has failed for `disable_after`
    without one success is disabled.
    """

    storage: Storage
    sender: WebhookSender
    clock: Clock
    randomness: Randomness
    schedule: RetrySchedule
    disable_after: timedelta
    concurrency: int
    measures: Measures = UNMEASURED

    @property
    def backoff(self) -> Backoff:
        """Spaces what is asked of storage again."""
        return Backoff(STORAGE_FIRST_SECONDS, STORAGE_LONGEST_SECONDS, self.randomness)

    @property
    def after_crash(self) -> Backoff:
        return Backoff(CRASHED_FIRST_SECONDS, CRASHED_LONGEST_SECONDS, self.randomness)

    @property
    def longest_wait(self) -> float:
        """Seconds until something is due at the latest, unless the clock is set back."""
        return max(self.schedule.longest, LONGEST_ASKED_FOR)

    def horizon(self, now: datetime) -> datetime:
        """Return the time past which nothing can have been written, unless the clock was set back since.

        A clock is set back a little now and then, which holds nothing up for long.
        """
        return now + CLOCK_SET_BACK

    async def record(self, tried: TriedDelivery) -> None:
        """Write what a try came to, however long storage takes no writes: it is known nowhere else."""
        for tries in count(1):
            try:
                await self.storage.record_try(tried)
            except StorageUnavailable as error:
                _log.error("WebhookTryNotStored", DeliveryId=tried.key.id, Reason=str(error), Tries=tries)
                await trio.sleep(self.backoff.delay(tries))
            else:
                return
