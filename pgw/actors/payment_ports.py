"""What the actors of payments work with."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count

import structlog
import trio
from attrs import field, frozen

from pgw.actors.backoff import Backoff
from pgw.actors.bank import Bank
from pgw.actors.turns import Turns
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.result import Err, Ok
from pgw.measures import UNMEASURED, Measures
from pgw.ports import Clock, Ids
from pgw.storage.port import Change, Storage, StorageUnavailable

AUTHORIZED_FOR = timedelta(days=7)
"""As long as most issuers keep an authorization that is not captured."""
Judge = Callable[[Change], Change]
"""What follows from a change, given what was learnt."""
_log = structlog.get_logger()


@frozen
class PaymentPorts:
    """What every payment actor works with. `submission_window` is in seconds from accept.

    `backoff` spaces tries that nobody was troubled by, `schedule` what is asked about an unknown outcome.
    An authorization that is not captured is given up after `authorized_for`.
    """

    storage: Storage
    bank: Bank
    clock: Clock
    ids: Ids
    backoff: Backoff
    schedule: Backoff
    submission_window: float
    measures: Measures = UNMEASURED
    authorized_for: timedelta = AUTHORIZED_FOR
    turns: Turns = field(factory=Turns)

    def due_after(self, inquiries: int) -> datetime:
        """Return when to ask about an unknown outcome that was asked about so many times."""
        return self.clock.now() + timedelta(seconds=self.schedule.delay(inquiries))

    async def conclude(self, change: Change, judge: Judge) -> Change:
        """Write what follows, and return it. Where other jobs of the payment may be open, in its turn.

        What is judged then is the payment as they left it.
        """
        if change.job.is_payment:
            following = judge(change)
            await self.store(following)
            return following
        async with self.turns.of(change.payment.id):
            following = judge(await self._as_stored(change))
            await self.store(following)
        return following

    async def _as_stored(self, change: Change) -> Change:
        for tries in count(1):
            try:
                stored = await self.storage.change_of(change.job.id)
            except StorageUnavailable as error:
                _log.error("ChangeNotRead", JobId=change.job.id, Reason=error, Tries=tries)
                await trio.sleep(self.backoff.delay(tries))
            else:
                assert stored is not None, "an accepted job is stored"
                return stored
        raise AssertionError("unreachable")

    async def store(self, change: Change) -> None:
        """Write an outcome, however long storage takes no writes: it is known nowhere else."""
        for tries in count(1):
            match await self.storage.write(change):
                case Ok():
                    return
                case Err(refusal):
                    _log.error("OutcomeNotStored", JobId=change.job.id, Reason=refusal, Tries=tries)
                    await trio.sleep(self.backoff.delay(tries))

    async def let_rest(self, job_ids: Sequence[str]) -> None:
        """Let what a crash left rest in storage, to be taken up, however long storage takes no writes."""
        for tries in count(1):
            try:
                await self.storage.let_rest(self.clock.now(), [AttemptOutcome.INTENDED], job_ids)
            except StorageUnavailable as error:
                _log.error("PaymentsNotAtRest", JobIds=job_ids[:10], Reason=error, Tries=tries)
                await trio.sleep(self.backoff.delay(tries))
            else:
                return
