"""What is held and what was moved of one authorized payment, by the operations that count."""

from collections.abc import Iterable

import attrs

from simulator.booking import Kind, OperationBooking, PaymentBooking
from simulator.submission import Submission


@attrs.frozen
class Standing:
    """Where a payment stands. Amounts are minor units."""

    held: int
    """Of the authorization: neither taken nor released."""
    captured: int = 0
    refunded: int = 0
    is_final: bool = False
    """No other capture comes."""
    is_voided: bool = False

    @property
    def refundable(self) -> int:
        return self.captured - self.refunded

    def after(self, operation: OperationBooking) -> "Standing":
        held = self.held - operation.released_amount
        match operation.kind:
            case Kind.CAPTURE:
                captured = self.captured + operation.amount
                is_final = self.is_final or operation.final
                return attrs.evolve(self, held=held, captured=captured, is_final=is_final)
            case Kind.REFUND:
                return attrs.evolve(self, refunded=self.refunded + operation.amount)
            case _:
                return attrs.evolve(self, held=held, is_voided=True)


@attrs.define
class Account:
    """An authorized payment and the operations that were accepted on it, reversed ones included."""

    payment: PaymentBooking
    _operations: list[tuple[OperationBooking, Submission]] = attrs.field(factory=list)

    def add(self, operation: OperationBooking, submission: Submission) -> None:
        self._operations.append((operation, submission))

    def standing(self) -> Standing:
        return self._standing_after(
            operation for operation, submission in self._operations if not submission.reversed
        )

    def needs(self, submission: Submission) -> bool:
        """Tell whether more would be refunded than captured if this submission did not count."""
        others = (
            operation
            for operation, other in self._operations
            if not other.reversed and other is not submission
        )
        return self._standing_after(others).refundable < 0

    def _standing_after(self, operations: Iterable[OperationBooking]) -> Standing:
        taken = self.payment.captured_amount
        standing = Standing(held=self.payment.amount - taken, captured=taken)
        for operation in operations:
            standing = standing.after(operation)
        return standing


class Accounts:
    """Keeps the accounts of those payments that an operation was accepted on."""

    def __init__(self) -> None:
        self._by_reference: dict[str, Account] = {}

    def of(self, payment: Submission | None) -> Account | None:
        """Give what happened to a payment, if it was authorized and counts; its latest booking is meant."""
        booking = payment.booking if payment and not payment.reversed else None
        if not isinstance(booking, PaymentBooking) or not booking.authorized:
            return None
        assert booking.reference is not None
        known = self._by_reference.get(booking.reference)
        return known if known and known.payment is booking else Account(booking)

    def add(self, account: Account, operation: OperationBooking, submission: Submission) -> None:
        """Note an operation that was accepted on a payment that `of` gave."""
        account.add(operation, submission)
        self._by_reference[operation.payment_reference] = account
