"""When a capture, a void or a refund is possible, what it reserves, and what it leaves behind."""

from datetime import UTC, datetime, timedelta
from itertools import product

import attrs
import pytest

from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobFailure, JobStatus, JobType
from pgw.domain.money import Currency, Money
from pgw.domain.operation import Begun, CaptureOrder, OperationOrder, OperationRefusal, RefundOrder, VoidOrder
from pgw.domain.operation import begin as begin_at
from pgw.domain.payment import Payment, PaymentOrder, PaymentStatus, VoidReason
from pgw.domain.result import Err, Ok, Result

AT = datetime(2026, 6, 15, tzinfo=UTC)
LATER, LAST = AT + timedelta(seconds=15), AT + timedelta(seconds=30)
EXPIRES_AT = AT + timedelta(days=7)
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))
EUR = Currency("EUR", 2)
FAILURE = JobFailure(FailureCode.INTERRUPTED, "The bank's answer was lost.")
ORDERS: tuple[OperationOrder, ...] = (CaptureOrder(), VoidOrder(), RefundOrder())


def paid(amount: int = 10_000, *, capture: bool = True) -> Payment:
    order = PaymentOrder(Money(amount, EUR), CARD, capture=capture)
    payment = Payment.ordered("pay_a", "mer_a", order, "bank", AT, reference="ref_a")
    return payment.authorized(AT, EXPIRES_AT)


def reserved(amount: int = 10_000) -> Payment:
    return paid(amount, capture=False)


def begin(payment: Payment, order: OperationOrder) -> Result[Begun, OperationRefusal]:
    return begin_at(payment, order, LATER)


def begun(payment: Payment, order: OperationOrder) -> tuple[Payment, Job]:
    """Begin what is to be possible, and open its job."""
    at = EXPIRES_AT if order == VoidOrder(VoidReason.EXPIRED) else LATER
    answer = begin_at(payment, order, at)
    assert isinstance(answer, Ok), answer
    return answer.value.payment, Job.begun("job_b", answer.value, order, "req_b")


def done(payment: Payment, order: OperationOrder) -> Payment:
    payment, job = begun(payment, order)
    return job.completed(payment, LAST)[0]


def undone(payment: Payment, order: OperationOrder) -> Payment:
    payment, job = begun(payment, order)
    return job.failed(payment, FAILURE, LAST)[0]


PARTLY_CAPTURED = done(reserved(), CaptureOrder(4000))
OF_STATUS = {
    PaymentStatus.CREATED: attrs.evolve(paid(), status=PaymentStatus.CREATED, captured=0),
    PaymentStatus.UNKNOWN: attrs.evolve(paid(), status=PaymentStatus.UNKNOWN, captured=0),
    PaymentStatus.DECLINED: attrs.evolve(paid(), status=PaymentStatus.DECLINED, captured=0),
    PaymentStatus.FAILED: attrs.evolve(paid(), status=PaymentStatus.FAILED, captured=0),
    PaymentStatus.AUTHORIZED: reserved(),
    PaymentStatus.PARTIALLY_CAPTURED: PARTLY_CAPTURED,
    PaymentStatus.APPROVED: paid(),
    PaymentStatus.VOIDED: done(reserved(), VoidOrder()),
    PaymentStatus.PARTIALLY_REFUNDED: done(paid(), RefundOrder(4000)),
    PaymentStatus.REFUNDED: done(paid(), RefundOrder()),
}
# Written out here by hand and not taken from the code.
POSSIBLE = {
    (PaymentStatus.AUTHORIZED, CaptureOrder),
    (PaymentStatus.PARTIALLY_CAPTURED, CaptureOrder),
    (PaymentStatus.AUTHORIZED, VoidOrder),
    (PaymentStatus.PARTIALLY_CAPTURED, RefundOrder),
    (PaymentStatus.APPROVED, RefundOrder),
    (PaymentStatus.PARTIALLY_REFUNDED, RefundOrder),
}
NOT_POSSIBLE = {
    CaptureOrder: OperationRefusal.PAYMENT_NOT_CAPTURABLE,
    VoidOrder: OperationRefusal.PAYMENT_NOT_VOIDABLE,
    RefundOrder: OperationRefusal.PAYMENT_NOT_REFUNDABLE,
}


def _name(value: object) -> str:
    return str(value) if isinstance(value, PaymentStatus) else type(value).__name__


@pytest.mark.parametrize(("status", "order"), list(product(PaymentStatus, ORDERS)), ids=_name)
def test_each_operation_is_possible_from_its_statuses_alone(
    status: PaymentStatus, order: OperationOrder
) -> None:
    payment = OF_STATUS[status]
    assert status == payment.status
    answer = begin(payment, order)
    if (status, type(order)) in POSSIBLE:
        assert isinstance(answer, Ok)
        assert status == answer.value.payment.status, "beginning alone decides nothing"
    else:
        assert Err(NOT_POSSIBLE[type(order)]) == answer


@pytest.mark.parametrize(
    ("payment", "order", "amount"),
    [
        (reserved(), CaptureOrder(), 10_000),
        (reserved(), CaptureOrder(1), 1),
        (reserved(), CaptureOrder(10_000), 10_000),
        (PARTLY_CAPTURED, CaptureOrder(), 6000),
        (reserved(), VoidOrder(), 10_000),
        (paid(), RefundOrder(), 10_000),
        (paid(), RefundOrder(6000), 6000),
        (PARTLY_CAPTURED, RefundOrder(), 4000),
        (done(paid(), RefundOrder(4000)), RefundOrder(), 6000),
        (begun(paid(), RefundOrder(4000))[0], RefundOrder(), 6000),
    ],
)
def test_what_is_asked_for_is_reserved_or_all_that_is_left(
    payment: Payment, order: OperationOrder, amount: int
) -> None:
    answer = begin(payment, order)
    assert isinstance(answer, Ok)
    after, job = answer.value.payment, Job.begun("job_b", answer.value, order, "req_b")
    assert (amount, Money(amount, EUR)) == (answer.value.amount, job.amount)
    kind = type(order)
    more = (amount * (kind is CaptureOrder), amount * (kind is RefundOrder), kind is VoidOrder)
    assert more == (
        after.capturing - payment.capturing,
        after.refunding - payment.refunding,
        after.is_voiding,
    )
    assert (payment.captured, payment.refunded, LATER) == (after.captured, after.refunded, after.updated_at)


@pytest.mark.parametrize(
    ("payment", "order"),
    [
        (reserved(), CaptureOrder(10_001)),
        (PARTLY_CAPTURED, CaptureOrder(6001)),
        (paid(), RefundOrder(10_001)),
        (PARTLY_CAPTURED, RefundOrder(4001)),
        (done(paid(), RefundOrder(4000)), RefundOrder(6001)),
        (begun(paid(), RefundOrder(6000))[0], RefundOrder(6000)),
        (begun(paid(), RefundOrder())[0], RefundOrder()),
        (begun(paid(), RefundOrder())[0], RefundOrder(1)),
        (reserved(), CaptureOrder(0)),
        (paid(), RefundOrder(-1)),
    ],
)
def test_more_than_is_left_is_refused(payment: Payment, order: OperationOrder) -> None:
    assert Err(OperationRefusal.AMOUNT_TOO_LARGE) == begin(payment, order)


@pytest.mark.parametrize(
    "payment",
    [
        begun(reserved(), CaptureOrder(1))[0],
        begun(reserved(), VoidOrder())[0],
        begun(PARTLY_CAPTURED, CaptureOrder(1))[0],
        begun(PARTLY_CAPTURED, RefundOrder(1))[0],
    ],
    ids=["capturing", "voiding", "capturing on", "refunding in part"],
)
@pytest.mark.parametrize("order", ORDERS, ids=_name)
def test_an_open_operation_blocks_what_it_would_decide_about(payment: Payment, order: OperationOrder) -> None:
    answer = begin(payment, order)
    if (payment.status, type(order)) not in POSSIBLE:
        assert Err(NOT_POSSIBLE[type(order)]) == answer
    elif payment.refunding and isinstance(order, RefundOrder):
        assert isinstance(answer, Ok), "refunds go side by side, as far as the money goes"
    else:
        assert Err(OperationRefusal.OPERATION_IN_PROGRESS) == answer


def test_captures_go_on_until_all_is_captured() -> None:
    first = done(reserved(), CaptureOrder(4000))
    assert (PaymentStatus.PARTIALLY_CAPTURED, 4000, None) == (first.status, first.captured, first.expires_at)
    last = done(first, CaptureOrder(6000))
    assert (PaymentStatus.APPROVED, 10_000, 0) == (last.status, last.captured, last.capturing)


def test_captures_go_on_until_a_final_one() -> None:
    last = done(PARTLY_CAPTURED, CaptureOrder(1000, is_final=True))
    assert (PaymentStatus.APPROVED, 5000) == (last.status, last.captured)
    assert Err(OperationRefusal.PAYMENT_NOT_CAPTURABLE) == begin(last, CaptureOrder(1))
    refunded = done(last, RefundOrder())
    assert (PaymentStatus.REFUNDED, 5000) == (refunded.status, refunded.refunded)


def test_a_final_capture_that_failed_was_not_final() -> None:
    after = undone(PARTLY_CAPTURED, CaptureOrder(1000, is_final=True))
    assert (PaymentStatus.PARTIALLY_CAPTURED, 4000, 0) == (after.status, after.captured, after.capturing)
    assert PaymentStatus.APPROVED == done(after, CaptureOrder()).status


def test_a_refund_of_what_was_captured_in_part_closes_captures() -> None:
    refunded = done(PARTLY_CAPTURED, RefundOrder(1000))
    assert PaymentStatus.PARTIALLY_REFUNDED == refunded.status
    assert Err(OperationRefusal.PAYMENT_NOT_CAPTURABLE) == begin(refunded, CaptureOrder(1))
    assert PaymentStatus.REFUNDED == done(refunded, RefundOrder()).status


def test_a_void_wants_nothing_captured() -> None:
    assert Err(OperationRefusal.PAYMENT_NOT_VOIDABLE) == begin(PARTLY_CAPTURED, VoidOrder())
    assert isinstance(begin(undone(reserved(), CaptureOrder(1)), VoidOrder()), Ok)


@pytest.mark.parametrize("reason", VoidReason)
def test_a_void_says_why(reason: VoidReason) -> None:
    voided = done(reserved(), VoidOrder(reason))
    assert (PaymentStatus.VOIDED, reason, None) == (voided.status, voided.void_reason, voided.expires_at)
    assert not voided.is_voiding


@pytest.mark.parametrize(
    ("reason", "expires_at"), [(VoidReason.REQUESTED, EXPIRES_AT), (VoidReason.EXPIRED, None)]
)
def test_a_void_that_failed_leaves_the_authorization(reason: VoidReason, expires_at: datetime | None) -> None:
    after = undone(reserved(), VoidOrder(reason))
    assert (PaymentStatus.AUTHORIZED, False, None) == (after.status, after.is_voiding, after.void_reason)
    assert expires_at == after.expires_at, "what the bank does not let expire is not voided again and again"


@pytest.mark.parametrize(
    ("payment", "order"),
    [
        (reserved(), CaptureOrder(4000)),
        (PARTLY_CAPTURED, CaptureOrder()),
        (reserved(), VoidOrder()),
        (paid(), RefundOrder(6000)),
        (begun(paid(), RefundOrder(1000))[0], RefundOrder(6000)),
    ],
)
def test_what_failed_leaves_the_payment_as_it_was_found(payment: Payment, order: OperationOrder) -> None:
    assert payment == attrs.evolve(undone(payment, order), updated_at=payment.updated_at)


def test_refunds_end_in_any_order() -> None:
    payment, first = begun(paid(), RefundOrder(3000))
    payment, second = begun(payment, RefundOrder(7000))
    payment, job = second.completed(payment, LAST)
    assert (JobStatus.COMPLETED, PaymentStatus.PARTIALLY_REFUNDED) == (job.status, job.payment_status)
    assert (7000, 3000) == (payment.refunded, payment.refunding)
    payment, job = first.failed(payment, FAILURE, LAST)
    assert (JobStatus.FAILED, FAILURE, PaymentStatus.PARTIALLY_REFUNDED) == (
        job.status,
        job.failure,
        job.payment_status,
    )
    assert (7000, 0, 3000) == (payment.refunded, payment.refunding, payment.refundable)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (CaptureOrder(1, is_final=True), (JobType.CAPTURE, True, None, None)),
        (VoidOrder(VoidReason.EXPIRED), (JobType.VOID, False, None, VoidReason.EXPIRED)),
        (RefundOrder(1, "broken"), (JobType.REFUND, False, "broken", None)),
    ],
    ids=_name,
)
def test_a_job_keeps_what_its_operation_is(order: OperationOrder, expected: tuple[object, ...]) -> None:
    _, job = begun(paid() if isinstance(order, RefundOrder) else reserved(), order)
    assert expected == (job.type, job.is_final, job.reason, job.void_reason)
    at = EXPIRES_AT if job.void_reason is VoidReason.EXPIRED else LATER
    assert (JobStatus.CREATED, at, at) == (job.status, job.created_at, job.updated_at)


def test_what_was_not_begun_does_not_end() -> None:
    for payment, order in (
        (reserved(), CaptureOrder(1)),
        (reserved(), VoidOrder()),
        (paid(), RefundOrder(1)),
    ):
        _, job = begun(payment, order)
        with pytest.raises(AssertionError, match=r"begun|one capture"):
            job.completed(payment, LAST)
    with pytest.raises(AssertionError, match="begun"):
        job.failed(paid(), FAILURE, LAST)
