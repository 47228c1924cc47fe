"""A merchant's payments and operations for tests of lists, beside what a list of them must hold."""

from datetime import datetime, timedelta
from random import Random

from attrs import evolve

from pgw.domain import operation
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.job import Job, JobStatus, JobType
from pgw.domain.listing import JobFilter, Page, PaymentFilter, Place
from pgw.domain.operation import RefundOrder
from pgw.domain.payment import Payment
from pgw.domain.result import Ok
from pgw.storage.port import Change, Storage
from tests.storage.conftest import NOW, Changes

LONGEST_PAGING = 500


class Shelf:
    """Writes to a storage and remembers the newest of each payment and job."""

    def __init__(self, storage: Storage, changes: Changes, random: Random) -> None:
        self.storage = storage
        self.payments: dict[str, Payment] = {}
        self.jobs: dict[str, Job] = {}
        self._changes = changes
        self._random = random
        self._open: list[Change] = []

    async def pay(self, at: datetime, merchant_id: str = "mer_a", reference: str | None = None) -> Payment:
        change = self._changes.accepted(merchant_id, reference=reference)
        change = evolve(
            change,
            payment=evolve(change.payment, created_at=at, authorization_reference=change.attempt.reference),
            job=evolve(change.job, created_at=at),
        )
        self._open.append(change)
        return await self._write(change)

    async def pay_now_and_then(self, count: int) -> None:
        """Pay under a clock that stands still, goes on and steps back, with references that few have."""
        for _ in range(count):
            at = NOW + timedelta(milliseconds=self._random.randrange(6) - 3)
            merchant_id = self._random.choice(("mer_a", "mer_a", "mer_b"))
            await self.pay(at, merchant_id, self._random.choice((None, "one", "other")))

    async def decide_some(self) -> None:
        """Bring about half of what is open to an end."""
        left = []
        for change in self._open:
            end = self._random.choice(("authorized", "declined", "failed", "stays"))
            if end == "stays":
                left.append(change)
            else:
                await self._write(getattr(self._changes, end)(change))
        self._open = left

    async def refund(self, payment_id: str, at: datetime, *, completes: bool) -> Job:
        """Refund one minor unit; its job is known to nobody but storage until it is written."""
        order = RefundOrder(1)
        begun = operation.begin(self.payments[payment_id], order, at)
        assert isinstance(begun, Ok)
        number = len(self.jobs)
        job = Job.begun(f"job_r{number:05}", begun.value, order, "req_1")
        attempt = Attempt.intended(f"ref_r{number:05}", payment_id, job.id, "bank", at)
        await self._write(Change(begun.value.payment, job, attempt))
        if completes:
            payment, job = job.completed(begun.value.payment, at)
            await self._write(Change(payment, job, attempt.ended(AttemptOutcome.ANSWERED, 1, at)))
        return job

    async def _write(self, change: Change) -> Payment:
        assert Ok(None) == await self.storage.write(change)
        self.payments[change.payment.id], self.jobs[change.job.id] = change.payment, change.job
        return change.payment

    def wanted_payments(self, merchant_id: str, wanted: PaymentFilter) -> list[Payment]:
        """Return what a list of them must hold, found by looking at each."""
        return sorted(
            (
                one
                for one in self.payments.values()
                if one.merchant_id == merchant_id
                and wanted.status in {None, one.status}
                and wanted.reference in {None, one.reference}
                and (wanted.created_from is None or wanted.created_from <= one.created_at)
                and (wanted.created_to is None or one.created_at < wanted.created_to)
            ),
            key=place_of,
            reverse=True,
        )

    def wanted_jobs(self, merchant_id: str, wanted: JobFilter) -> list[Job]:
        return sorted(
            (
                one
                for one in self.jobs.values()
                if one.merchant_id == merchant_id
                and wanted.status in {None, one.status}
                and wanted.type in {None, one.type}
                and wanted.payment_id in {None, one.payment_id}
            ),
            key=place_of,
            reverse=True,
        )

    async def pages_of_payments(
        self, wanted: PaymentFilter, limit: int, merchant_id: str = "mer_a"
    ) -> list[Page[Payment]]:
        pages = [await self.storage.page_of_payments(merchant_id, wanted, None, limit)]
        while (before := pages[-1].goes_on_before) is not None:
            assert len(pages) < LONGEST_PAGING, "it never ends"
            pages.append(await self.storage.page_of_payments(merchant_id, wanted, before, limit))
        return pages

    async def pages_of_jobs(
        self, wanted: JobFilter, limit: int, merchant_id: str = "mer_a"
    ) -> list[Page[Job]]:
        pages = [await self.storage.page_of_jobs(merchant_id, wanted, None, limit)]
        while (before := pages[-1].goes_on_before) is not None:
            assert len(pages) < LONGEST_PAGING, "it never ends"
            pages.append(await self.storage.page_of_jobs(merchant_id, wanted, before, limit))
        return pages


def place_of(row: Payment | Job) -> Place:
    return Place(row.created_at, row.id)


def some_payment_filter(random: Random) -> PaymentFilter:
    begin, end = sorted(NOW + timedelta(milliseconds=random.randrange(9) - 4) for _ in range(2))
    return PaymentFilter(
        status=random.choice((None, *(["Created", "Approved", "Declined", "Failed", "Voided"]))),  # type: ignore[arg-type]
        reference=random.choice((None, "one", "other", "nobody's")),
        created_from=random.choice((None, begin)),
        created_to=random.choice((None, end)),
    )


def some_job_filter(random: Random, payment_ids: list[str]) -> JobFilter:
    return JobFilter(
        status=random.choice((None, *JobStatus)),
        type=random.choice((None, JobType.PAYMENT, JobType.REFUND, JobType.VOID)),
        payment_id=random.choice((None, *payment_ids)),
    )
