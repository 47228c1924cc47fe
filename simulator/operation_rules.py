"""What the bank decides about an operation: pure functions of it and of where its payment stands."""

import attrs

from simulator.account import Standing
from simulator.booking import Kind
from simulator.operation import Operation


@attrs.frozen
class Verdict:
    """Amounts are minor units."""

    amount: int
    """What was asked for, or all that was left of the payment."""
    released_amount: int = 0
    decline_code: str | None = None


def judge(operation: Operation, standing: Standing | None, *, is_expired: bool) -> Verdict:
    """Accept or decline. `standing` is None where there is no authorized payment that counts."""
    if standing is None:
        return Verdict(operation.amount or 0, decline_code="unknown_payment")
    left = standing.refundable if operation.kind is Kind.REFUND else standing.held
    amount = left if operation.amount is None else operation.amount
    match operation.kind:
        case Kind.CAPTURE:
            decline_code = _refuse_capture(amount, standing, is_expired=is_expired)
        case Kind.VOID:
            decline_code = _refuse_void(standing, is_expired=is_expired)
        case _:
            decline_code = _refuse_refund(amount, standing)
    if decline_code:
        return Verdict(amount, decline_code=decline_code)
    return Verdict(amount, _released(operation, amount, standing))


def _refuse_capture(amount: int, standing: Standing, *, is_expired: bool) -> str | None:
    if standing.is_voided:
        return "already_voided"
    if standing.refunded:
        return "already_refunded"
    if standing.is_final or not standing.held:
        return "already_captured"
    if is_expired:
        return "authorization_expired"
    return "amount_too_large" if amount > standing.held else None


def _refuse_void(standing: Standing, *, is_expired: bool) -> str | None:
    if standing.is_voided:
        return "already_voided"
    if standing.captured:
        return "already_captured"
    return "authorization_expired" if is_expired else None


def _refuse_refund(amount: int, standing: Standing) -> str | None:
    if not standing.captured:
        return "not_captured"
    return "amount_too_large" if not 0 < amount <= standing.refundable else None


def _released(operation: Operation, amount: int, standing: Standing) -> int:
    match operation.kind:
        case Kind.CAPTURE:
            return standing.held if operation.final else amount
        case Kind.VOID:
            return standing.held
        case _:
            return 0
