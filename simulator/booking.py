"""One effect that a decision of the bank had, on a payment or by an operation. Amounts are minor units."""

import enum
from datetime import datetime
from typing import ClassVar

import attrs


class Kind(enum.Enum):
    """What a reference names: a payment, or an operation on one."""

    PAYMENT = "payment"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Misbehaviour(enum.Enum):
    """How the operations of a payment go wrong, by its card."""

    CAPTURE_DECLINED = "capture_declined"
    VOID_DECLINED = "void_declined"
    REFUND_DECLINED = "refund_declined"
    CAPTURE_LOST = "capture_lost"
    REFUND_LOST = "refund_lost"
    CAPTURE_DELAYED = "capture_delayed"
    REFUND_DELAYED = "refund_delayed"


@attrs.frozen
class PaymentBooking:
    """The bank decided on a payment."""

    kind: ClassVar[Kind] = Kind.PAYMENT

    number: int
    """Counts from 1 without gaps, whatever the kind."""
    reference: str | None
    last_four: str
    currency: str
    amount: int
    captured_amount: int
    """What was taken at once; 0 when declined or only authorized."""
    authorization_code: str
    """Empty when declined."""
    decline_code: str | None
    booked_at: datetime
    """In UTC."""
    misbehaviour: Misbehaviour | None = None
    """Kept here because the card's number is not."""

    @property
    def authorized(self) -> bool:
        return self.decline_code is None


@attrs.frozen
class OperationBooking:
    """The bank decided on a capture, a void or a refund."""

    kind: Kind
    number: int
    reference: str | None
    payment_reference: str
    currency: str
    """The payment's; XXX, which is ISO 4217's code for none, where no payment is known."""
    amount: int
    """What was asked for, or all that was left; of a void, what was held."""
    final: bool
    """Of a capture: no other one comes."""
    released_amount: int
    """What is no longer held because of it; 0 when declined."""
    decline_code: str | None
    booked_at: datetime
    """In UTC."""

    @property
    def accepted(self) -> bool:
        return self.decline_code is None

    @property
    def net_amount(self) -> int:
        """What it adds to the merchant's money, as long as it is not reversed."""
        if not self.accepted:
            return 0
        match self.kind:
            case Kind.CAPTURE:
                return self.amount
            case Kind.REFUND:
                return -self.amount
            case _:
                return 0


Booking = PaymentBooking | OperationBooking
