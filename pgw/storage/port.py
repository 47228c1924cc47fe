"""What the gateway asks of its storage. Each method is one transaction, or one consistent read."""

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import frozen

from pgw.domain.attempt import Attempt
from pgw.domain.errors import Refusal
from pgw.domain.job import Job, JobEvent
from pgw.domain.merchant import ApiKey, Merchant
from pgw.domain.payment import Payment, PaymentStatus
from pgw.domain.result import Result

OnCommitted = Callable[[Sequence[JobEvent]], None]


@frozen
class Change:
    """A payment, its job and its attempt as they are from now on, written together with the job's event."""

    payment: Payment
    job: Job
    attempt: Attempt

    @property
    def is_interrupted(self) -> bool:
        """Whether the bank may have been asked and nothing about its answer is stored."""
        return self.job.is_open and self.payment.status is PaymentStatus.CREATED


class StorageCannotOpen(Exception):
    """The database cannot be used as it is; the message is one sentence for the operator."""


class StorageUnavailable(Exception):
    """A read could not be answered; it may be asked again."""


class StorageLost(Exception):
    """What is on disk is not known (a failed fsync, or reading back): the process ends and recovers."""


class Storage(Protocol):
    """Durable, transactional storage with one writer.

    A write that returned `Ok` survives `kill -9` and a power cut. `Err(STORAGE_UNAVAILABLE)` means that
    nothing was written. A cancelled caller never leaves half a transaction; whether its write took place is
    then unknown to it. Committed events are handed to `OnCommitted` in the order of their `seq` before the
    write returns. A read that cannot be answered raises `StorageUnavailable`.
    """

    async def write(self, change: Change) -> Result[None, Refusal]:
        """Write a change and its event, durably, grouped with what else waits."""

    async def job(self, merchant_id: str, job_id: str) -> Job | None:
        """Return the merchant's job; None where there is none or it is another merchant's."""

    async def payment(self, merchant_id: str, payment_id: str) -> Payment | None:
        """Return the merchant's payment; None where there is none or it is another merchant's."""

    async def last_seq(self, merchant_id: str) -> int:
        """Return the `seq` of the merchant's newest event, 0 before the first."""

    async def events_after(
        self, merchant_id: str, seq: int, *, job_id: str | None = None, limit: int = 500
    ) -> Sequence[JobEvent]:
        """Return a page of the merchant's later events, in order, each with its job as it was then."""

    async def interrupted(self, limit: int) -> Sequence[Change]:
        """Return changes last written for jobs of which no outcome, not even a doubtful one, is stored."""

    async def change_of(self, job_id: str) -> Change | None:
        """Return the change last written for a job, for the actor that takes it up again."""

    async def add_merchant(self, merchant: Merchant, key: ApiKey) -> None:
        """Add a merchant and a key of its; one that is there already is left as it is.

        Raises `StorageUnavailable`; it may be asked again, whether or not it took place.
        """

    async def api_keys(self) -> Sequence[ApiKey]:
        """Return all keys."""

    async def check(self) -> bool:
        """Tell whether storage answers reads, and has not just refused a write."""
