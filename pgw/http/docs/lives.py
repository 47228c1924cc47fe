"""Payments and their jobs to show, as the domain's own transitions bring them about."""

from datetime import UTC, datetime, timedelta

from attrs import evolve, frozen

from pgw.domain.card import Brand, Expiry, MaskedCard
from pgw.domain.decline import DeclineCode
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobFailure
from pgw.domain.money import Currency, Money
from pgw.domain.operation import CaptureOrder, OperationOrder, RefundOrder, VoidOrder, begin
from pgw.domain.payment import Payment, PaymentStatus, VoidReason
from pgw.domain.result import Ok
from pgw.http.docs.values import EXAMPLE_JOB_ID, EXAMPLE_PAYMENT_ID

AT = datetime(2026, 11, 22, 14, 36, 57, 563000, tzinfo=UTC)
LATER = AT + timedelta(milliseconds=334)
EXPIRES_AT = AT + timedelta(days=7)
PAYMENT = Payment(
    id=EXAMPLE_PAYMENT_ID,
    merchant_id="",
    status=PaymentStatus.CREATED,
    amount=Money(1050, Currency("EUR", 2)),
    card=MaskedCard("4242", Brand.VISA, Expiry(11, 2034)),
    capture=True,
    captured=0,
    refunded=0,
    description="Order 17",
    reference="order-17",
    metadata={},
    bank="",
    decline_code=None,
    created_at=AT,
    updated_at=AT,
    authorization_reference="",
)
APPROVED = PAYMENT.authorized(AT)
AUTHORIZED = evolve(PAYMENT, capture=False).authorized(AT, EXPIRES_AT)


@frozen
class Life:
    """A payment and the newest job of it."""

    payment: Payment
    job: Job

    @staticmethod
    def begun(payment: Payment, order: OperationOrder) -> "Life":
        begun = begin(payment, order, AT)
        assert isinstance(begun, Ok), "an example is possible"
        return Life(begun.value.payment, Job.begun(EXAMPLE_JOB_ID, begun.value, order, ""))

    @property
    def completed(self) -> "Life":
        return Life(*self.job.completed(self.payment, LATER))

    def declined(self, code: FailureCode, detail: str, decline_code: DeclineCode) -> "Life":
        return Life(*self.job.failed(self.payment, JobFailure(code, detail, decline_code), LATER))


CAPTURE = Life.begun(AUTHORIZED, CaptureOrder(400))
CAPTURED_IN_PART = CAPTURE.completed
LAST_CAPTURE = Life.begun(CAPTURED_IN_PART.payment, CaptureOrder(350, is_final=True)).completed
CAPTURE_DECLINED = CAPTURE.declined(
    FailureCode.CAPTURE_DECLINED, "The bank declined the capture.", DeclineCode.AUTHORIZATION_EXPIRED
)
VOID = Life.begun(AUTHORIZED, VoidOrder())
VOIDED = VOID.completed
VOID_DECLINED = VOID.declined(
    FailureCode.VOID_DECLINED, "The bank declined the void.", DeclineCode.ALREADY_CAPTURED
)
EXPIRED = Life.begun(evolve(AUTHORIZED, expires_at=AT), VoidOrder(VoidReason.EXPIRED)).completed
REFUND = Life.begun(APPROVED, RefundOrder(400, "Returned"))
REFUNDED_IN_PART = REFUND.completed
REFUNDED = Life.begun(REFUNDED_IN_PART.payment, RefundOrder()).completed
REFUND_DECLINED = REFUND.declined(
    FailureCode.REFUND_DECLINED, "The bank declined the refund.", DeclineCode.CLOSED_ACCOUNT
)
