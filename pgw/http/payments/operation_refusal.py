"""Says of a payment why an operation on it was refused."""

from enum import StrEnum

from pgw.domain.operation import (
    POSSIBLE_FROM,
    CaptureOrder,
    OperationOrder,
    OperationRefusal,
    RefundOrder,
    VoidOrder,
)
from pgw.domain.payment import Payment, PaymentStatus


def why(payment: Payment | None, order: OperationOrder, refusal: StrEnum) -> str | None:
    """Return a sentence on this case; None where the payment, as it is by now, does not tell."""
    if payment is None:
        return None
    match refusal:
        case OperationRefusal.AMOUNT_TOO_LARGE if not isinstance(order, VoidOrder):
            return _what_is_left(payment, order)
        case OperationRefusal.OPERATION_IN_PROGRESS:
            return _what_is_open(payment)
        case OperationRefusal():
            return _what_it_must_be(payment, order)
        case _:
            return None


def _what_is_left(payment: Payment, order: CaptureOrder | RefundOrder) -> str | None:
    to_refund = isinstance(order, RefundOrder)
    left = payment.refundable if to_refund else payment.capturable
    if left and (order.amount is None or order.amount <= left):
        return None
    told = f"{_shown(payment, left)} is left to be {'refunded' if to_refund else 'captured'}"
    if payment.refunding:
        return f"{told}: refunds of {_shown(payment, payment.refunding)} are under way."
    return f"{told}."


def _what_is_open(payment: Payment) -> str | None:
    if payment.is_voiding:
        return "A void of this payment is under way."
    if payment.capturing:
        return f"A capture of {_shown(payment, payment.capturing)} is under way."
    if payment.refunding:
        return f"Refunds of {_shown(payment, payment.refunding)} are under way."
    return None


def _what_it_must_be(payment: Payment, order: OperationOrder) -> str | None:
    possible = POSSIBLE_FROM[type(order)]
    if payment.status in possible:
        return None
    *others, last = [status for status in PaymentStatus if status in possible]
    one_of = f"{', '.join(others)} or {last}" if others else last
    done = {CaptureOrder: "captured", RefundOrder: "refunded"}.get(type(order), "voided")
    return f"The payment is {payment.status}; it can be {done} while it is {one_of}."


def _shown(payment: Payment, minor_units: int) -> str:
    currency = payment.amount.currency
    return f"{currency.major(minor_units)} {currency.code}"
