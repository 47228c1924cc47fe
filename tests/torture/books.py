"""What a payment comes to: by the gateway's jobs, and by the bank's ledger. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from tests.torture.stored import StoredOperation, StoredPayment

Booking = Mapping[str, Any]


@frozen
class Money:
    """Of one payment, in minor units; `held` may still be captured, by the bank."""

    captured: int
    refunded: int
    held: int

    def __add__(self, other: "Money") -> "Money":
        return Money(self.captured + other.captured, self.refunded + other.refunded, self.held + other.held)


def by_payment(operations: Iterable[StoredOperation]) -> Mapping[str, Sequence[StoredOperation]]:
    found: dict[str, list[StoredOperation]] = defaultdict(list)
    for operation in operations:
        found[operation.payment_id].append(operation)
    return found


def money_by_jobs(payment: StoredPayment, operations: Sequence[StoredOperation]) -> Money:
    """Sum what its completed jobs say."""
    if not payment.is_effective:
        return Money(0, 0, 0)
    moved: Counter[str] = Counter()
    done = [operation for operation in operations if operation.is_effective]
    for operation in done:
        moved[operation.kind] += operation.amount
    if payment.capture:
        return Money(payment.amount, moved["refund"], 0)
    is_over = any(operation.kind == "void" or operation.is_final for operation in done)
    return Money(moved["capture"], moved["refund"], 0 if is_over else payment.amount - moved["capture"])


def status_by_jobs(payment: StoredPayment, operations: Sequence[StoredOperation]) -> str:
    """Say what its completed jobs make of it."""
    if not payment.is_effective:
        return payment.told_status
    money = money_by_jobs(payment, operations)
    if money.refunded:
        return "Refunded" if money.refunded == money.captured else "PartiallyRefunded"
    if any(operation.kind == "void" and operation.is_effective for operation in operations):
        return "Voided"
    if not money.captured:
        return "Authorized"
    return "PartiallyCaptured" if money.held else "Approved"


def money_at_the_bank(bookings: Iterable[Booking]) -> Money:
    """Sum the bookings of one payment and of the operations on it."""
    captured = refunded = held = 0
    for booking in bookings:
        match booking["kind"]:
            case "payment" if stands(booking):
                captured += booking["net_amount"]
                held += booking["amount"] - booking["captured_amount"]
            case "capture":
                captured += booking["net_amount"]
                held -= booking["released_amount"]
            case "refund":
                refunded -= booking["net_amount"]
            case "void":
                held -= booking["released_amount"]
    return Money(captured, refunded, held)


def stands(booking: Booking) -> bool:
    """Tell whether it is the bank's yes, and was not reversed."""
    said_yes = booking["authorized"] if booking["kind"] == "payment" else booking["accepted"]
    return bool(said_yes) and not booking["reversed"]


def totals_of(
    payments: Iterable[StoredPayment], operations: Iterable[StoredOperation]
) -> Mapping[str, Money]:
    """Sum it up by currency, by the gateway's jobs."""
    totals: dict[str, Money] = {}
    of_payment = by_payment(operations)
    for payment in payments:
        money = money_by_jobs(payment, of_payment.get(payment.payment_id, ()))
        totals[payment.currency] = totals.get(payment.currency, Money(0, 0, 0)) + money
    return totals
