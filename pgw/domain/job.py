"""A job: one operation on a payment, and what a merchant is told about it."""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from attrs import evolve, frozen

from pgw.domain import operation
from pgw.domain.errors import FailureCode
from pgw.domain.money import Money
from pgw.domain.operation import Begun, CaptureOrder, OperationOrder, RefundOrder, VoidOrder
from pgw.domain.payment import Payment, PaymentStatus, VoidReason


class JobType(StrEnum):
    PAYMENT = "payment"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


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
    """Why no money was moved; `decline_code` where it was the bank that said no."""

    code: FailureCode
    detail: str
    decline_code: str | None = None


@frozen
class Job:
    """One operation, open until its outcome is known. A declined payment is a completed job.

    `payment_status` is the payment's when the job last changed. `is_final` is of captures, `void_reason` of
    voids, `reason` the merchant's own of a refund.
    """

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
    is_final: bool = False
    reason: str | None = None
    void_reason: VoidReason | None = None

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

    @staticmethod
    def begun(job_id: str, begun: Begun, order: OperationOrder, request_id: str) -> "Job":
        """Open the job of an operation that has reserved its amount."""
        payment = begun.payment
        job = evolve(
            Job.opened(job_id, payment, request_id),
            amount=Money(begun.amount, payment.amount.currency),
            created_at=payment.updated_at,
            updated_at=payment.updated_at,
        )
        match order:
            case CaptureOrder(_, is_final):
                return evolve(job, type=JobType.CAPTURE, is_final=is_final)
            case VoidOrder(reason):
                return evolve(job, type=JobType.VOID, void_reason=reason)
            case RefundOrder(_, because):
                return evolve(job, type=JobType.REFUND, reason=because)
            case _:
                assert_never(order)

    def following(self, payment: Payment, failure: JobFailure | None = None) -> "Job":
        """Follow the payment that this job is to pay, after a transition of it."""
        assert self.type is JobType.PAYMENT, "an operation ends by itself"
        assert (payment.status is PaymentStatus.FAILED) == (failure is not None)
        match payment.status:
            case PaymentStatus.CREATED | PaymentStatus.UNKNOWN:
                status = JobStatus.CREATED
            case PaymentStatus.FAILED:
                status = JobStatus.FAILED
            case _:
                status = JobStatus.COMPLETED
        return self._become(status, payment, failure)

    def completed(self, payment: Payment, at: datetime) -> tuple[Payment, "Job"]:
        """Follow the bank's yes to an operation on this payment."""
        amount = self.amount.minor_units
        match self.type:
            case JobType.CAPTURE:
                changed = operation.captured(payment, amount, at, is_final=self.is_final)
            case JobType.VOID:
                assert self.void_reason is not None, "a void has a reason"
                changed = operation.voided(payment, self.void_reason, at)
            case JobType.REFUND:
                changed = operation.refunded(payment, amount, at)
            case JobType.PAYMENT:
                raise AssertionError("a payment follows its own transitions")
        return changed, self._become(JobStatus.COMPLETED, changed, None)

    def failed(self, payment: Payment, failure: JobFailure, at: datetime) -> tuple[Payment, "Job"]:
        """Follow proof that an operation on this payment moved no money."""
        match self.type:
            case JobType.CAPTURE:
                changed = operation.capture_failed(payment, at)
            case JobType.VOID:
                assert self.void_reason is not None, "a void has a reason"
                changed = operation.void_failed(payment, self.void_reason, at)
            case JobType.REFUND:
                changed = operation.refund_failed(payment, self.amount.minor_units, at)
            case JobType.PAYMENT:
                changed = payment.failed(at)
        return changed, self._become(JobStatus.FAILED, changed, failure)

    def _become(self, status: JobStatus, payment: Payment, failure: JobFailure | None) -> "Job":
        assert self.status is JobStatus.CREATED, "a job ends once"
        assert payment.id == self.payment_id, "a job is about one payment"
        return evolve(
            self,
            status=status,
            payment_status=payment.status,
            failure=failure,
            updated_at=payment.updated_at,
        )

    @property
    def is_payment(self) -> bool:
        """Whether it is the payment itself, and no operation on one."""
        return self.type is JobType.PAYMENT

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
    def is_of_payment(self) -> bool:
        """Whether the payment came to be of its status by this, which no begun or failed operation does."""
        return self.job.is_payment or self.job.status is JobStatus.COMPLETED

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
            # What becomes of an operation before its end changes nothing for the merchant.
            is_new = not job.is_payment or job.payment_status is PaymentStatus.CREATED
            return JobEventType.CREATED if is_new else JobEventType.UPDATED
