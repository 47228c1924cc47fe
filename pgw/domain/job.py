"""A job: one operation on a payment, and what a merchant is told about it."""

from datetime import datetime
from enum import StrEnum

from attrs import evolve, frozen

from pgw.domain.errors import FailureCode
from pgw.domain.money import Money
from pgw.domain.payment import Payment, PaymentStatus


class JobType(StrEnum):
    PAYMENT = "payment"


class JobStatus(StrEnum):
    CREATED = "Created"
    COMPLETED = "Completed"
    FAILED = "Failed"


class JobEventType(StrEnum):
    CREATED = "job.created"
    UPDATED = "job.updated"
    COMPLETED = "job.completed"
    FAILED = "job.failed"


@frozen
class JobFailure:
    code: FailureCode
    detail: str


@frozen
class Job:
    """One operation, open until its outcome is known. A declined payment is a completed job."""

    id: str
    merchant_id: str
    type: JobType
    status: JobStatus
    payment_id: str
    payment_status: PaymentStatus
    amount: Money
    failure: JobFailure | None
    request_id: str
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def opened(job_id: str, payment: Payment, request_id: str) -> "Job":
        return Job(
            id=job_id,
            merchant_id=payment.merchant_id,
            type=JobType.PAYMENT,
            status=JobStatus.CREATED,
            payment_id=payment.id,
            payment_status=payment.status,
            amount=payment.amount,
            failure=None,
            request_id=request_id,
            created_at=payment.created_at,
            updated_at=payment.created_at,
        )

    def following(self, payment: Payment, failure: JobFailure | None = None) -> "Job":
        """Follow the payment that this job is about, after a transition of it."""
        assert self.status is JobStatus.CREATED, "a job ends once"
        assert payment.id == self.payment_id, "a job is about one payment"
        assert (payment.status is PaymentStatus.FAILED) == (failure is not None)
        match payment.status:
            case PaymentStatus.CREATED | PaymentStatus.UNKNOWN:
                status = JobStatus.CREATED
            case PaymentStatus.FAILED:
                status = JobStatus.FAILED
            case PaymentStatus.AUTHORIZED | PaymentStatus.APPROVED | PaymentStatus.DECLINED:
                status = JobStatus.COMPLETED
        return evolve(
            self,
            status=status,
            payment_status=payment.status,
            failure=failure,
            updated_at=payment.updated_at,
        )

    @property
    def is_open(self) -> bool:
        return self.status is JobStatus.CREATED


@frozen
class JobEvent:
    """A change of a job as it was committed.

    `seq` is the merchant's own, contiguous from 1 in the order of commits.
    """

    seq: int
    type: JobEventType
    job: Job

    @property
    def is_last(self) -> bool:
        return not self.job.is_open

    @property
    def merchant_id(self) -> str:
        return self.job.merchant_id

    @property
    def occurred_at(self) -> datetime:
        return self.job.updated_at


def event_type(job: Job) -> JobEventType:
    """Name the change that led to this state of a job."""
    match job.status:
        case JobStatus.COMPLETED:
            return JobEventType.COMPLETED
        case JobStatus.FAILED:
            return JobEventType.FAILED
        case JobStatus.CREATED:
            opened = job.payment_status is PaymentStatus.CREATED
            return JobEventType.CREATED if opened else JobEventType.UPDATED
