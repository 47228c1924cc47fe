"""Storage in memory, for tests in virtual time; it refuses, raises or stops to answer as a test says."""

from collections.abc import Callable, Sequence
from datetime import datetime

import trio
from attrs import evolve

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job, JobEvent
from pgw.domain.payment import Payment
from pgw.domain.result import Err, Ok, Result
from pgw.storage.books import BookEntry
from pgw.storage.expiry_port import Expired
from pgw.storage.port import (
    Backlog,
    Change,
    Storage,
    StorageUnavailable,
    Unresolved,
    UnresolvedCount,
)
from tests.actors.no_lists import NoLists
from tests.actors.no_merchants import NoMerchants

Written = Result[None, Refusal | Claim]
REFUSED: Written = Err(Refusal.STORAGE_UNAVAILABLE)


def takes_all(_change: Change) -> Written:
    return Ok(None)


class MemoryStorage(NoMerchants, NoLists, Storage):
    """Keeps the newest change of each job, and all of them in the order they were written."""

    def __init__(self) -> None:
        self.written: list[Change] = []
        self.newest: dict[str, Change] = {}
        self.payments: dict[str, Payment] = {}
        self.judge: Callable[[Change], Written] = takes_all
        self.failing_reads = 0
        self.times_asked_for_due = 0
        self.may_write = trio.Event()
        self.may_write.set()

    async def write(self, change: Change) -> Written:
        await trio.lowlevel.checkpoint()
        await self.may_write.wait()
        judged = self.judge(change)
        if isinstance(judged, Ok):
            self.written.append(change)
            self.newest[change.job.id] = change
            if change.is_told:
                self.payments[change.payment.id] = change.payment
        return judged

    def statuses(self) -> list[str]:
        """Return the statuses of all payments, in the order they were accepted."""
        return [change.payment.status for change in self.newest.values()]

    async def change_of(self, job_id: str) -> Change | None:
        await trio.lowlevel.checkpoint()
        if self.failing_reads:
            self.failing_reads -= 1
            raise StorageUnavailable("reads fail")
        return self._as_it_is(self.newest.get(job_id))

    def _as_it_is(self, change: Change | None) -> Change | None:
        """Return a change with its payment as the newest change of any of its jobs left it."""
        if change is None:
            return None
        payment = self.payments.get(change.payment.id, change.payment)
        return evolve(change, payment=payment, entries=(), flag=None, claim=None, is_told=True)

    async def payment_to_change(self, merchant_id: str, payment_id: str) -> Payment | None:
        await trio.lowlevel.checkpoint()
        payment = self.payments.get(payment_id)
        return payment if payment is not None and payment.merchant_id == merchant_id else None

    async def let_rest(
        self, at: datetime, outcomes: Sequence[AttemptOutcome], job_ids: Sequence[str] | None = None
    ) -> int:
        await self.may_write.wait()
        left = [
            change
            for job_id, change in self.newest.items()
            if change.attempt.outcome in outcomes
            and change.attempt.due_at is None
            and (job_ids is None or job_id in job_ids)
        ]
        for change in left:
            self.newest[change.job.id] = evolve(change, attempt=evolve(change.attempt, due_at=at))
        return len(left)

    async def due(
        self, now: datetime, horizon: datetime, *, limit: int, but_not: Sequence[str] = ()
    ) -> Sequence[Change]:
        await trio.lowlevel.checkpoint()
        self.times_asked_for_due += 1
        resting = [(change.attempt.due_at, job_id) for job_id, change in self.newest.items()]
        due = sorted((due_at, job_id) for due_at, job_id in resting if due_at and not now < due_at <= horizon)
        due_now = [self._as_it_is(self.newest[job_id]) for _, job_id in due if job_id not in but_not]
        return [change for change in due_now if change is not None][:limit]

    async def expired(self, now: datetime, *, limit: int, after: Expired | None = None) -> Sequence[Expired]:
        await trio.lowlevel.checkpoint()
        beginning = None if after is None else (after.expires_at, after.payment_id)
        over = [
            (one.expires_at, one.id)
            for one in self.payments.values()
            if one.expires_at is not None and one.expires_at <= now
            if not one.capturing and not one.is_voiding
        ]
        begun = sorted(one for one in over if beginning is None or one > beginning)[:limit]
        return [Expired(self.payments[number].merchant_id, number, at) for at, number in begun]

    async def put_back_expiries(self, now: datetime, latest: datetime, *, limit: int) -> int:
        await trio.lowlevel.checkpoint()
        late = [
            payment
            for payment in self.payments.values()
            if payment.expires_at is not None and payment.expires_at > latest and payment.updated_at > now
        ]
        for payment in late[:limit]:
            self.payments[payment.id] = evolve(payment, expires_at=latest)
        return len(late[:limit])

    async def unresolved(self, after_job_id: str, limit: int) -> Sequence[Unresolved]:
        raise NotImplementedError

    async def count_unresolved(self, most: int) -> UnresolvedCount:
        raise NotImplementedError

    @property
    def backlog(self) -> Backlog:
        return Backlog()

    async def acknowledge(self, job_id: str, at: datetime) -> int:
        raise NotImplementedError

    async def books(self, after_reference: str, limit: int) -> Sequence[BookEntry]:
        raise NotImplementedError

    async def book_entry(self, reference: str) -> BookEntry | None:
        raise NotImplementedError

    async def claim(self, merchant_id: str, key: str) -> Claim | None:  # noqa: ARG002 - keeps none
        await trio.lowlevel.checkpoint()
        return None

    async def forget_claims(self, before: datetime, limit: int) -> int:  # noqa: ARG002 - keeps none
        await trio.lowlevel.checkpoint()
        return 0

    async def job(self, merchant_id: str, job_id: str) -> Job | None:
        raise NotImplementedError

    async def payment(self, merchant_id: str, payment_id: str) -> Payment | None:
        raise NotImplementedError

    async def last_seq(self, merchant_id: str) -> int:
        raise NotImplementedError

    async def forgotten_seq(self, merchant_id: str) -> int:
        raise NotImplementedError

    async def forget_events(self, merchant_id: str, before: datetime, limit: int) -> int:
        raise NotImplementedError

    async def events_after(
        self, merchant_id: str, seq: int, *, job_id: str | None = None, limit: int = 500
    ) -> Sequence[JobEvent]:
        raise NotImplementedError

    async def check(self) -> bool:
        return True
