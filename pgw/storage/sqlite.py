"""Storage on SQLite: one writer in grouped transactions, a reader beside it."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import trio

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job
from pgw.domain.payment import Payment
from pgw.domain.result import Err, Ok, Result
from pgw.domain.times import milliseconds
from pgw.domain.webhook import WebhookEndpoint
from pgw.storage import database, port, reading, retention, writing
from pgw.storage.disk_errors import takes_no_writes
from pgw.storage.engine import Engine
from pgw.storage.group_commit import answer_to_waiter, commit_group
from pgw.storage.grouping import Grouping
from pgw.storage.log_size import LogSize
from pgw.storage.look_ups import Find, LookUp, answer_look_ups
from pgw.storage.opening import open_engines
from pgw.storage.port import Change, OnCommitted, StorageUnavailable
from pgw.storage.recent import RecentChanges
from pgw.storage.refusing import Refusing
from pgw.storage.rows import change_to_rows, event_of
from pgw.storage.sqlite_expiry import SqliteExpiry
from pgw.storage.sqlite_lists import SqliteLists
from pgw.storage.sqlite_reading import SqliteReading
from pgw.storage.sqlite_webhooks import SqliteWebhooks
from pgw.storage.unreadable import UnreadableJobs

LARGEST_GROUP = 512
MOST_WAITING = 20_000
PATIENCE_SECONDS = 10.0
CHANGES_A_CHECKPOINT = 2000
RECENT_CHANGES = 10_000

Answer = TypeVar("Answer")
_Written = Result[None, Refusal | Claim]


class SqliteStorage(SqliteReading, SqliteExpiry, SqliteLists, SqliteWebhooks):
    """`pgw.storage.port.Storage` over two engines on one database: the writer's and the reader's."""

    def __init__(
        self,
        writer: Engine,
        reader: Engine,
        on_committed: OnCommitted,
        newest_group: int,
        on_group: port.OnGroup = lambda _changes, _seconds: None,
    ) -> None:
        super().__init__(writer, reader)
        self._newest_group = newest_group
        self._on_committed = on_committed
        self._on_group = on_group
        self._changes_since_checkpoint = 0
        self._refusing = Refusing()
        self._log_size = LogSize()
        self._unreadable = UnreadableJobs()
        self._recent = RecentChanges(RECENT_CHANGES)
        self._writes: Grouping[Change | WebhookEndpoint, _Written] = Grouping(
            self._commit, largest_group=LARGEST_GROUP, most_waiting=MOST_WAITING, patience=PATIENCE_SECONDS
        )
        self._look_ups: Grouping[LookUp, list[Any]] = Grouping(
            self._look_up, largest_group=LARGEST_GROUP, most_waiting=MOST_WAITING, patience=PATIENCE_SECONDS
        )

    async def run(self) -> None:
        """Serve writes and look-ups until cancelled; what was handed over by then is done first.

        Raises `StorageLost` where that ends it.
        """
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._writes.run)
                nursery.start_soon(self._look_ups.run)
                nursery.start_soon(self._tries.run)
                await self._soundness.until_lost()
                nursery.cancel_scope.cancel()
        finally:
            # Also where it is cancelled at the same moment.
            self._soundness.raise_loss()

    async def write(self, change: Change) -> Result[None, Refusal | Claim]:
        return await self._write(change)

    async def disable_endpoint(self, endpoint: WebhookEndpoint) -> Result[None, Refusal]:
        match await self._write(endpoint):
            case Err(Refusal() as refusal):
                return Err(refusal)
            case _:
                return Ok(None)

    async def _write(self, change: Change | WebhookEndpoint) -> _Written:
        match await self._writes.answer(change):
            case Ok(written):
                outcome = written
            case Err(refusal):
                outcome = Err(refusal)
        self._refusing.tell(outcome)
        return outcome

    async def job(self, merchant_id: str, job_id: str) -> Job | None:
        recent = self._recent.of_job(job_id)
        job = recent.job if recent else await self._by_id(reading.find_jobs, job_id, Job)
        return job if job is not None and job.merchant_id == merchant_id else None

    async def payment(self, merchant_id: str, payment_id: str) -> Payment | None:
        recent = self._recent.of_payment(payment_id)
        payment = recent.payment if recent else await self._by_id(reading.find_payments, payment_id, Payment)
        return payment if payment is not None and payment.merchant_id == merchant_id else None

    async def put_back_expiries(self, now: datetime, latest: datetime, *, limit: int) -> int:
        changed = await super().put_back_expiries(now, latest, limit=limit)
        if changed:
            self._recent.forget_payments()
        return changed

    async def forget_events(self, merchant_id: str, before: datetime, limit: int) -> int:
        forgotten = await self._change(retention.forget_events, merchant_id, milliseconds(before), limit)
        await self._checkpoint_after(forgotten)
        return forgotten

    async def let_rest(
        self, at: datetime, outcomes: Sequence[AttemptOutcome], job_ids: Sequence[str] | None = None
    ) -> int:
        rested = await self._change(writing.let_rest, milliseconds(at), outcomes, job_ids)
        await self._checkpoint_after(rested)
        return rested

    async def due(
        self, now: datetime, horizon: datetime, *, limit: int, but_not: Sequence[str] = ()
    ) -> Sequence[Change]:
        but_not = [*but_not, *self._unreadable.ids]
        found = await self._read(reading.due, milliseconds(now), milliseconds(horizon), but_not, limit)
        return self._unreadable.sift(found)

    @property
    def backlog(self) -> port.Backlog:
        return port.Backlog(self._writes.waiting, self._look_ups.waiting, self._log_size.pages)

    async def acknowledge(self, job_id: str, at: datetime) -> int:
        return await self._change(writing.acknowledge, job_id, milliseconds(at))

    async def forget_claims(self, before: datetime, limit: int) -> int:
        forgotten = await self._change(writing.forget_claims, milliseconds(before), limit)
        await self._checkpoint_after(forgotten)
        return forgotten

    async def check(self) -> bool:
        if self._refusing.is_recent or not self._soundness.takes_writes:
            return False
        try:
            await self._read(reading.last_seq, "")
        except StorageUnavailable:
            return False
        return True

    async def _by_id(self, find: Find, row_id: str, kind: type[Answer]) -> Answer | None:
        match await self._look_ups.answer(LookUp(find, row_id)):
            case Ok([found]):
                assert found is None or isinstance(found, kind)
                return found
            case _:
                raise StorageUnavailable

    async def _look_up(self, look_ups: Sequence[LookUp]) -> Sequence[list[Any] | Exception]:
        try:
            return await self._read(answer_look_ups, look_ups)
        except StorageUnavailable as error:
            return [error] * len(look_ups)

    async def _commit(self, changes: Sequence[Change | WebhookEndpoint]) -> Sequence[_Written | Exception]:
        rows = [change_to_rows(change) for change in changes]
        try:
            self._newest_group += 1
            began = trio.current_time()
            group = self._newest_group, rows, self._chain
            seqs = await self._soundness.write(self._writer, commit_group, *group)
        except (sqlite3.Error, StorageUnavailable) as error:
            if isinstance(error, sqlite3.Error) and not takes_no_writes(error):
                raise
            return [Err(Refusal.STORAGE_UNAVAILABLE)] * len(changes)
        self._on_group(len(changes), trio.current_time() - began)
        written = [(seq, change) for seq, change in zip(seqs, changes, strict=True) if isinstance(seq, int)]
        for _, change in written:
            if isinstance(change, Change) and change.is_told:
                self._recent.add(change)
        self._on_committed([event_of(seq, change) for seq, change in written if seq])
        await self._checkpoint_after(len(written))
        return [answer_to_waiter(seq) for seq in seqs]

    async def _checkpoint_after(self, changes: int) -> None:
        self._changes_since_checkpoint += changes
        if self._changes_since_checkpoint >= CHANGES_A_CHECKPOINT:
            self._changes_since_checkpoint = 0
            pages = await self._soundness.write(self._writer, database.checkpoint)
            self._log_size.tell(pages)


@asynccontextmanager
async def open_storage(
    path: Path, on_committed: OnCommitted, on_group: port.OnGroup = lambda _changes, _seconds: None
) -> AsyncIterator[SqliteStorage]:
    """Open the database, bring it up to date, and serve it until the block ends.

    Raises `StorageCannotOpen` with a sentence for the operator.
    """
    async with open_engines(path) as (writer, reader), trio.open_nursery() as nursery:
        newest_group = await writer.run(writing.newest_group)
        storage = SqliteStorage(writer, reader, on_committed, newest_group, on_group)
        nursery.start_soon(storage.run)
        yield storage
        nursery.cancel_scope.cancel()
