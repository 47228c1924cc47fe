"""A payment and the only ways it may change."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen

from pgw.domain.card import Card, MaskedCard
from pgw.domain.money import Money


class PaymentStatus(StrEnum):
    CREATED = "Created"
    AUTHORIZED = "Authorized"
    APPROVED = "Approved"
    DECLINED = "Declined"
    UNKNOWN = "Unknown"
    FAILED = "Failed"


_DECIDED = frozenset(
    {PaymentStatus.AUTHORIZED, PaymentStatus.APPROVED, PaymentStatus.DECLINED, PaymentStatus.FAILED}
)
TRANSITIONS: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.CREATED: _DECIDED | {PaymentStatus.UNKNOWN},
    PaymentStatus.UNKNOWN: _DECIDED,
}


@frozen
class PaymentOrder:
    """A valid pay request: what the merchant wants, card included, so in memory only."""

    amount: Money
    card: Card = field(repr=False)
    capture: bool = True
    description: str | None = None
    reference: str | None = None
    metadata: Mapping[str, str] = field(factory=dict)


@frozen
class Payment:
    """A payment as it is kept. Immutable: a transition returns the payment that follows."""

    id: str
    merchant_id: str
    status: PaymentStatus
    amount: Money
    card: MaskedCard
    capture: bool
    captured: int
    refunded: int
    description: str | None
    reference: str | None
    metadata: Mapping[str, str]
    bank: str
    decline_code: str | None
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def ordered(payment_id: str, merchant_id: str, order: PaymentOrder, bank: str, at: datetime) -> "Payment":
        return Payment(
            id=payment_id,
            merchant_id=merchant_id,
            status=PaymentStatus.CREATED,
            amount=order.amount,
            card=order.card.masked,
            capture=order.capture,
            captured=0,
            refunded=0,
            description=order.description,
            reference=order.reference,
            metadata=order.metadata,
            bank=bank,
            decline_code=None,
            created_at=at,
            updated_at=at,
        )

    def authorized(self, at: datetime) -> "Payment":
        """Follow the bank's yes: charged, or reserved where the merchant captures later."""
        if self.capture:
            return self._become(PaymentStatus.APPROVED, at, captured=self.amount.minor_units)
        return self._become(PaymentStatus.AUTHORIZED, at)

    def declined(self, decline_code: str, at: datetime) -> "Payment":
        return self._become(PaymentStatus.DECLINED, at, decline_code=decline_code)

    def doubted(self, at: datetime) -> "Payment":
        """Follow an answer of doubt: the bank was asked, and what it did is not known."""
        return self._become(PaymentStatus.UNKNOWN, at)

    def failed(self, at: datetime) -> "Payment":
        """Follow proof that the bank took nothing."""
        return self._become(PaymentStatus.FAILED, at)

    def _become(self, status: PaymentStatus, at: datetime, **changes: Any) -> "Payment":
        assert status in TRANSITIONS.get(self.status, ()), f"{self.status} never becomes {status}"
        return evolve(self, status=status, updated_at=at, **changes)
