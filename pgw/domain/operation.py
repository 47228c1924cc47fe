"""Captures, voids and refunds: when each is possible, what it reserves, and what it leaves behind.

An amount is reserved when its operation is accepted, and taken or given free when that ends, so that what is
captured never exceeds what was authorized, nor what is refunded what was captured, whatever races.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from attrs import evolve, frozen

from pgw.domain.payment import Payment, PaymentStatus, Step, VoidReason
from pgw.domain.result import Err, Ok, Result


class OperationRefusal(StrEnum):
    """Why an operation was not accepted; nothing of it was kept."""

    UNKNOWN_PAYMENT = "UnknownPayment"
    PAYMENT_NOT_CAPTURABLE = "PaymentNotCapturable"
    PAYMENT_NOT_VOIDABLE = "PaymentNotVoidable"
    PAYMENT_NOT_REFUNDABLE = "PaymentNotRefundable"
    AMOUNT_TOO_LARGE = "AmountTooLarge"
    OPERATION_IN_PROGRESS = "OperationInProgress"


@frozen
class CaptureOrder:
    """Take what was reserved: so many minor units, or all that is left; nothing more after a final one."""

    amount: int | None = None
    is_final: bool = False


@frozen
class VoidOrder:
    """Give up what was reserved, of which nothing was taken."""

    reason: VoidReason = VoidReason.REQUESTED


@frozen
class RefundOrder:
    """Give back what was taken: so many minor units, or all that is left of it."""

    amount: int | None = None
    reason: str | None = None


OperationOrder = CaptureOrder | VoidOrder | RefundOrder

POSSIBLE_FROM: Mapping[type[OperationOrder], frozenset[PaymentStatus]] = {
    CaptureOrder: frozenset({PaymentStatus.AUTHORIZED, PaymentStatus.PARTIALLY_CAPTURED}),
    VoidOrder: frozenset({PaymentStatus.AUTHORIZED}),
    RefundOrder: frozenset(
        {PaymentStatus.PARTIALLY_CAPTURED, PaymentStatus.APPROVED, PaymentStatus.PARTIALLY_REFUNDED}
    ),
}
REFUSED_ELSEWHERE: Mapping[type[OperationOrder], OperationRefusal] = {
    CaptureOrder: OperationRefusal.PAYMENT_NOT_CAPTURABLE,
    VoidOrder: OperationRefusal.PAYMENT_NOT_VOIDABLE,
    RefundOrder: OperationRefusal.PAYMENT_NOT_REFUNDABLE,
}


@frozen
class Begun:
    """A payment of which an operation has reserved an amount, in minor units."""

    payment: Payment
    amount: int


def begin(payment: Payment, order: OperationOrder, at: datetime) -> Result[Begun, OperationRefusal]:
    """Reserve what the operation is about, or say why it is not possible now."""
    if payment.status not in POSSIBLE_FROM[type(order)] or _is_too_early(payment, order, at):
        return Err(REFUSED_ELSEWHERE[type(order)])
    is_blocked = payment.refunding and not isinstance(order, RefundOrder)
    if payment.capturing or payment.is_voiding or is_blocked:
        return Err(OperationRefusal.OPERATION_IN_PROGRESS)
    amount = _amount_of(payment, order)
    if amount is None:
        return Err(OperationRefusal.AMOUNT_TOO_LARGE)
    match order:
        case CaptureOrder():
            begun = evolve(payment, capturing=amount, updated_at=at)
        case VoidOrder():
            begun = evolve(payment, is_voiding=True, updated_at=at)
        case RefundOrder():
            begun = evolve(payment, refunding=payment.refunding + amount, updated_at=at)
        case _:
            assert_never(order)
    return Ok(Begun(begun, amount))


def _is_too_early(payment: Payment, order: OperationOrder, at: datetime) -> bool:
    """Tell whether it is to be voided as expired, and has not, or is never to."""
    if not isinstance(order, VoidOrder) or order.reason is not VoidReason.EXPIRED:
        return False
    return payment.expires_at is None or payment.expires_at > at


def _amount_of(payment: Payment, order: OperationOrder) -> int | None:
    """Return what is asked for or, where nothing is, all that is left; None for more than that."""
    match order:
        case CaptureOrder(amount):
            left = payment.capturable
        case RefundOrder(amount):
            left = payment.refundable
        case VoidOrder():
            amount, left = None, payment.capturable
    amount = left if amount is None else amount
    return amount if 0 < amount <= left else None


def captured(payment: Payment, amount: int, at: datetime, *, is_final: bool) -> Payment:
    """Follow the bank's yes to a capture that was begun."""
    assert payment.capturing == amount, "one capture at a time"
    taken = payment.captured + amount
    is_last = is_final or taken == payment.amount.minor_units
    step = Step.CAPTURED if is_last else Step.CAPTURED_IN_PART
    return payment.following(step, at, captured=taken, capturing=0, expires_at=None)


def voided(payment: Payment, reason: VoidReason, at: datetime) -> Payment:
    """Follow the bank's yes to a void that was begun."""
    assert payment.is_voiding, "what was not begun does not end"
    return payment.following(Step.VOIDED, at, is_voiding=False, void_reason=reason, expires_at=None)


def refunded(payment: Payment, amount: int, at: datetime) -> Payment:
    """Follow the bank's yes to a refund that was begun; others of the same payment may be open."""
    given_back, refunding = payment.refunded + amount, payment.refunding - amount
    assert refunding >= 0, "what was not begun does not end"
    step = Step.REFUNDED if given_back == payment.captured else Step.REFUNDED_IN_PART
    return payment.following(step, at, refunded=given_back, refunding=refunding)


def capture_failed(payment: Payment, at: datetime) -> Payment:
    """Free what a capture had reserved, of which nothing was taken."""
    return evolve(payment, capturing=0, updated_at=at)


def void_failed(payment: Payment, reason: VoidReason, at: datetime) -> Payment:
    """Leave the authorization as it is; one that the bank does not let expire is not voided again."""
    expires_at = None if reason is VoidReason.EXPIRED else payment.expires_at
    return evolve(payment, is_voiding=False, expires_at=expires_at, updated_at=at)


def refund_failed(payment: Payment, amount: int, at: datetime) -> Payment:
    """Free what a refund had reserved, of which nothing was given back."""
    assert payment.refunding >= amount, "what was not begun does not end"
    return evolve(payment, refunding=payment.refunding - amount, updated_at=at)
