"""What the gateway asks of its storage. Each method is one transaction, or one consistent read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from pgw.domain.api_key import ApiKey, KeyRefusal
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.errors import Refusal
from pgw.domain.event import Event
from pgw.domain.flag import Flag
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job
from pgw.domain.merchant import Merchant
from pgw.domain.payment import Payment
from pgw.domain.result import Result
from pgw.domain.timeline import TimelineEntry
from pgw.storage.books import BookEntry
from pgw.storage.expiry_port import ExpiryStorage
from pgw.storage.list_port import ListStorage
from pgw.storage.timeline_port import TimelineStorage
from pgw.storage.webhook_port import WebhookStorage

OnCommitted = Callable[[Sequence[Event]], None]
OnGroup = Callable[[int, float], None]
"""Told of each group of changes that was committed: how many, and in how many seconds."""


@frozen
class Change:
    """A payment, its job and its attempt as they are from now on, written together with the job's event.

    Where the merchant `is_told` nothing, payment and job are as they were, and there is no event. A `flag`
    that was raised before stays as it was. A `claim` is made with the first change of a job, or not at all.
    `entries` are for the payment's timeline: what happened that led to this change.
    """

    payment: Payment
    job: Job
    attempt: Attempt
    flag: Flag | None = None
    claim: Claim | None = None
    is_told: bool = True
    entries: tuple[TimelineEntry, ...] = ()

    def telling(self, *entries: TimelineEntry) -> "Change":
        """Return the change with more for the timeline, before what it has already."""
        before = (self.payment, self.job, self.attempt, self.flag, self.claim, self.is_told)
        return Change(*before, entries=(*entries, *self.entries))


@frozen
class Unresolved:
    """What a person may want to look at: an unknown outcome, or flags that nobody acknowledged yet."""

    change: Change
    flags: tuple[Flag, ...]


@frozen
class UnresolvedCount:
    """How many outcomes are unknown, since when the oldest of their jobs waits, and how many are flagged."""

    unknown: int
    oldest_unknown: datetime | None
    flagged: int


@frozen
class Backlog:
    """What waits in memory: changes and look-ups for their group, pages of the log for the database.

    The pages are those of the newest checkpoint.
    """

    changes: int = 0
    look_ups: int = 0
    log_pages: int = 0


class StorageCannotOpen(Exception):
    """The database cannot be used as it is; the message is one sentence for the operator."""


class StorageUnavailable(Exception):
    """A read could not be answered; it may be asked again."""


class StorageLost(Exception):
    """What is on disk is not known (a failed fsync, or reading back), or damaged: the process ends."""


class MerchantStorage(Protocol):
    """Merchants and their keys. What was written survives `kill -9` and a power cut.

    Each method raises `StorageUnavailable`. A write that did may have taken place, and may be asked again,
    which does nothing twice. A cancelled caller does not know whether its write took place either.
    """

    async def add_merchant(self, merchant: Merchant) -> None:
        """Add a merchant; one that is there already is left as it is."""

    async def merchants(self, after_id: str, limit: int) -> Sequence[Merchant]:
        """Return a page of merchants, by id."""

    async def disabled_merchants(self) -> Sequence[str]:
        """Return the ids of all that are disabled."""

    async def disable_merchant(self, merchant_id: str, at: datetime) -> Merchant | None:
        """Disable a merchant and return it, since when it was first disabled; None where there is none."""

    async def enable_merchant(self, merchant_id: str) -> Merchant | None:
        """Enable a merchant and return it; None where there is none."""

    async def add_key(self, key: ApiKey) -> Result[None, KeyRefusal]:
        """Add a key where `cannot_add` finds nothing against it; one that is there is left as it is."""

    async def rotate_key(self, key_id: str, successor: ApiKey, until: datetime) -> Result[None, KeyRefusal]:
        """Add a successor to a key, which retires then at the latest.

        Neither takes place where `cannot_rotate` or `cannot_add` finds something against it.
        """

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        """Revoke a key for good; one that was revoked before, or is not there, is left as it is."""

    async def find_key(self, id_or_digest: str) -> ApiKey | None:
        """Return a key by its id or its digest, as the newest write left it."""

    async def keys(self, merchant_id: str | None, after_id: str, limit: int) -> Sequence[ApiKey]:
        """Return a page of a merchant's keys, or of all, by id, as the newest write left them."""

    async def keys_not_revoked(self) -> Sequence[ApiKey]:
        """Return all keys that were not revoked, also those that have expired: the clock may step back."""


class Storage(MerchantStorage, TimelineStorage, WebhookStorage, ExpiryStorage, ListStorage, Protocol):
    """Durable, transactional storage with one writer.

    A write that returned `Ok` survives `kill -9` and a power cut. `Err(STORAGE_UNAVAILABLE)` means that
    nothing was written. A cancelled caller never leaves half a transaction; whether its write took place is
    then unknown to it. Committed events are handed to `OnCommitted` in the order of their `seq` before the
    write returns. A read that cannot be answered raises `StorageUnavailable`.
    """

    async def write(self, change: Change) -> Result[None, Refusal | Claim]:
        """Write a change and its event, durably, grouped with what else waits.

        `Err(Claim)` is what was accepted before under the same key; nothing was written then.
        """

    async def job(self, merchant_id: str, job_id: str) -> Job | None:
        """Return the merchant's job; None where there is none or it is another merchant's."""

    async def payment(self, merchant_id: str, payment_id: str) -> Payment | None:
        """Return the merchant's payment; None where there is none or it is another merchant's."""

    async def payment_to_change(self, merchant_id: str, payment_id: str) -> Payment | None:
        """Return the merchant's payment as the newest write left it, for the actor whose turn it is."""

    async def last_seq(self, merchant_id: str) -> int:
        """Return the `seq` of the merchant's newest event, 0 before the first."""

    async def forgotten_seq(self, merchant_id: str) -> int:
        """Return the `seq` up to which the merchant's events are no longer kept, 0 where all are."""

    async def forget_events(self, merchant_id: str, before: datetime, limit: int) -> int:
        """Forget at most `limit` of the merchant's oldest events, and their deliveries; returns how many.

        Fewer where they have very many deliveries; 0 where none can be forgotten now.
        Those that occurred before a time, in the order of their `seq`, up to the first one that did not or
        that an enabled endpoint still waits for. Raises `StorageUnavailable`.
        """

    async def events_after(
        self, merchant_id: str, seq: int, *, job_id: str | None = None, limit: int = 500
    ) -> Sequence[Event]:
        """Return a page of the merchant's later events, in order, each with its job as it was then."""

    async def let_rest(
        self, at: datetime, outcomes: Sequence[AttemptOutcome], job_ids: Sequence[str] | None = None
    ) -> int:
        """Make attempts due that nobody works at and that have such an outcome, of all jobs or of some.

        Returns how many. Durable; raises `StorageUnavailable`, and may be asked again.
        """

    async def due(
        self, now: datetime, horizon: datetime, *, limit: int, but_not: Sequence[str] = ()
    ) -> Sequence[Change]:
        """Return what was last written for attempts that are due, the longest due first.

        Not of the jobs in `but_not`. A time past the `horizon` was stored under a clock that went wrong, and
        is due too.
        """

    async def change_of(self, job_id: str) -> Change | None:
        """Return the change last written for a job, for the actor that takes it up again."""

    async def unresolved(self, after_job_id: str, limit: int) -> Sequence[Unresolved]:
        """Return a page of unknown outcomes and of what is flagged, by job id."""

    async def count_unresolved(self, most: int) -> UnresolvedCount:
        """Count unknown outcomes and flagged payments, each up to `most`."""

    @property
    def backlog(self) -> Backlog:
        """What waits at this moment."""

    async def acknowledge(self, job_id: str, at: datetime) -> int:
        """Acknowledge all flags of a job; returns how many. Raises `StorageUnavailable`."""

    async def books(self, after_reference: str, limit: int) -> Sequence[BookEntry]:
        """Return a page of the books, by reference."""

    async def book_entry(self, reference: str) -> BookEntry | None:
        """Return what the books say of a reference."""

    async def claim(self, merchant_id: str, key: str) -> Claim | None:
        """Return the merchant's claim under a key."""

    async def forget_claims(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` claims made before a time whose jobs have ended; returns how many.

        Raises `StorageUnavailable`.
        """

    async def check(self) -> bool:
        """Tell whether storage answers reads, and has not just refused a write."""
