"""Why an operation was refused, said of the payment that refused it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from pgw.domain.operation import (
    POSSIBLE_FROM,
    CaptureOrder,
    OperationOrder,
    OperationRefusal,
    RefundOrder,
    VoidOrder,
    begin,
)
from pgw.domain.payment import Payment, PaymentStatus
from pgw.domain.result import Err, Ok
from pgw.http.payments.operation_refusal import why
from tests.http.payments.test_operation_order import AT, PAYMENT

CAPTURE, VOID, REFUND = CaptureOrder(1), VoidOrder(), RefundOrder(1)
LATER = AT + timedelta(seconds=1)
AUTHORIZED = evolve(PAYMENT, capture=False).authorized(AT)
APPROVED = PAYMENT.authorized(AT)
PARTIAL = evolve(AUTHORIZED, status=PaymentStatus.PARTIALLY_CAPTURED, captured=400)


def refused(payment: Payment, order: OperationOrder) -> str | None:
    match begin(payment, order, LATER):
        case Err(refusal):
            return why(payment, order, refusal)
        case _:
            raise AssertionError("it was not refused")


def begun(payment: Payment, order: OperationOrder) -> Payment:
    begun = begin(payment, order, LATER)
    assert isinstance(begun, Ok)
    return begun.value.payment


@pytest.mark.parametrize("order", [CAPTURE, VOID, REFUND], ids=lambda order: type(order).__name__)
@pytest.mark.parametrize("status", PaymentStatus)
def test_a_status_is_named_with_those_it_must_be(status: PaymentStatus, order: OperationOrder) -> None:
    payment = evolve(APPROVED, status=status)
    possible = POSSIBLE_FROM[type(order)]
    if status in possible:
        assert why(payment, order, OperationRefusal.PAYMENT_NOT_REFUNDABLE) is None, "it has changed since"
        return
    detail = refused(payment, order)
    assert detail is not None
    assert detail.startswith(f"The payment is {status}; it can be ")
    assert {str(one) for one in possible} == {
        word.strip(",.") for word in detail.partition(" while it is ")[2].split()
    } - {"or"}


def test_what_is_left_is_told_in_the_payments_currency() -> None:
    assert "10.50 EUR is left to be captured." == refused(AUTHORIZED, CaptureOrder(1051))
    assert "6.50 EUR is left to be captured." == refused(PARTIAL, CaptureOrder(651))
    assert "4.00 EUR is left to be refunded." == refused(PARTIAL, RefundOrder(401))
    assert "10.50 EUR is left to be refunded." == refused(APPROVED, RefundOrder(1051))


def test_what_refunds_under_way_have_reserved_is_told_too() -> None:
    first = begun(APPROVED, RefundOrder(1000))
    told = "0.50 EUR is left to be refunded: refunds of 10.00 EUR are under way."
    assert told == refused(first, RefundOrder(51))
    both = begun(first, RefundOrder(50))
    told = "0.00 EUR is left to be refunded: refunds of 10.50 EUR are under way."
    assert told == refused(both, RefundOrder())


def test_what_is_under_way_is_told() -> None:
    told = "A capture of 4.00 EUR is under way."
    assert [told] * 2 == [refused(begun(AUTHORIZED, CaptureOrder(400)), order) for order in (CAPTURE, VOID)]
    assert told.replace("4.00", "1.00") == refused(begun(PARTIAL, CaptureOrder(100)), REFUND)
    told = "A void of this payment is under way."
    assert [told] * 2 == [refused(begun(AUTHORIZED, VOID), order) for order in (CAPTURE, VOID)]
    assert "Refunds of 3.00 EUR are under way." == refused(begun(PARTIAL, RefundOrder(300)), CAPTURE)


@pytest.mark.parametrize("refusal", OperationRefusal)
def test_a_payment_that_is_not_to_be_had_tells_nothing(refusal: OperationRefusal) -> None:
    assert why(None, CAPTURE, refusal) is None


def test_one_that_is_over_by_now_is_not_named() -> None:
    assert why(AUTHORIZED, VOID, OperationRefusal.OPERATION_IN_PROGRESS) is None


@pytest.mark.parametrize("amount", [1050, None])
def test_what_is_left_is_not_told_where_by_now_it_is_enough(amount: int | None) -> None:
    assert why(APPROVED, RefundOrder(amount), OperationRefusal.AMOUNT_TOO_LARGE) is None
    assert why(AUTHORIZED, CaptureOrder(amount), OperationRefusal.AMOUNT_TOO_LARGE) is None
