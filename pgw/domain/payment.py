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
    PARTIALLY_CAPTURED = "PartiallyCaptured"
    APPROVED = "Approved"
    DECLINED = "Declined"
    VOIDED = "Voided"
    PARTIALLY_REFUNDED = "PartiallyRefunded"
    REFUNDED = "Refunded"
    UNKNOWN = "Unknown"
    FAILED = "Failed"


class VoidReason(StrEnum):
    """Why an authorization was given up: the merchant asked for it, or nobody captured it in time."""

    REQUESTED = "requested"
    EXPIRED = "expired"


class Step(StrEnum):
    """What happens to a payment, as the diagram of its life names it."""

    CHARGED = "charged"
    RESERVED = "reserved"
    DECLINED = "declined"
    DOUBTED = "no clean answer"
    FAILED = "proved not charged"
    CAPTURED_IN_PART = "captured in part"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED_IN_PART = "refunded in part"
    REFUNDED = "refunded in full"


_DECISIONS: Mapping[Step, PaymentStatus] = {
    Step.CHARGED: PaymentStatus.APPROVED,
    Step.RESERVED: PaymentStatus.AUTHORIZED,
    Step.DECLINED: PaymentStatus.DECLINED,
    Step.FAILED: PaymentStatus.FAILED,
}
_CAPTURES: Mapping[Step, PaymentStatus] = {
    Step.CAPTURED_IN_PART: PaymentStatus.PARTIALLY_CAPTURED,
    Step.CAPTURED: PaymentStatus.APPROVED,
}
_REFUNDS: Mapping[Step, PaymentStatus] = {
    Step.REFUNDED_IN_PART: PaymentStatus.PARTIALLY_REFUNDED,
    Step.REFUNDED: PaymentStatus.REFUNDED,
}
TRANSITIONS: Mapping[PaymentStatus, Mapping[Step, PaymentStatus]] = {
    PaymentStatus.CREATED: {**_DECISIONS, Step.DOUBTED: PaymentStatus.UNKNOWN},
    PaymentStatus.UNKNOWN: _DECISIONS,
    PaymentStatus.AUTHORIZED: {**_CAPTURES, Step.VOIDED: PaymentStatus.VOIDED},
    PaymentStatus.PARTIALLY_CAPTURED: {**_CAPTURES, **_REFUNDS},
    PaymentStatus.APPROVED: _REFUNDS,
    PaymentStatus.PARTIALLY_REFUNDED: _REFUNDS,
    PaymentStatus.DECLINED: {},
    PaymentStatus.VOIDED: {},
    PaymentStatus.REFUNDED: {},
    PaymentStatus.FAILED: {},
}
"""The whole life of a payment: where each step leads to. From where it does not, it is never made."""
UNDECIDED = frozenset({PaymentStatus.CREATED, PaymentStatus.UNKNOWN})


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
    """A payment as it is kept. Immutable: a transition returns the payment that follows.

    Amounts are in minor units: `captured` and `refunded` are taken and given back, `capturing` and
    `refunding` are what open jobs have reserved of the rest. Its authorization is known to the bank under
    `authorization_reference`. One that is not captured is voided at `expires_at`; None says never.
    """

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
    authorization_reference: str
    capturing: int = 0
    refunding: int = 0
    is_voiding: bool = False
    void_reason: VoidReason | None = None
    expires_at: datetime | None = None

    @staticmethod
    def ordered(
        payment_id: str, merchant_id: str, order: PaymentOrder, bank: str, at: datetime, *, reference: str
    ) -> "Payment":
        """Begin a payment that the bank is asked to authorize under a reference of ours."""
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
            authorization_reference=reference,
        )

    @property
    def capturable(self) -> int:
        """What is authorized and neither taken nor being taken, in minor units."""
        return self.amount.minor_units - self.captured - self.capturing

    @property
    def refundable(self) -> int:
        """What was taken and is neither given back nor being given back, in minor units."""
        return self.captured - self.refunded - self.refunding

    def authorized(self, at: datetime, expires_at: datetime | None = None) -> "Payment":
        """Follow the bank's yes: charged, or reserved until then where the merchant captures later."""
        if self.capture:
            return self.following(Step.CHARGED, at, captured=self.amount.minor_units)
        return self.following(Step.RESERVED, at, expires_at=expires_at)

    def declined(self, decline_code: str, at: datetime) -> "Payment":
        return self.following(Step.DECLINED, at, decline_code=decline_code)

    def doubted(self, at: datetime) -> "Payment":
        """Follow an answer of doubt: the bank was asked, and what it did is not known."""
        return self.following(Step.DOUBTED, at)

    def failed(self, at: datetime) -> "Payment":
        """Follow proof that the bank took nothing."""
        return self.following(Step.FAILED, at)

    def following(self, step: Step, at: datetime, **changes: Any) -> "Payment":
        """Make a step that is possible from here, with what else it changes."""
        status = TRANSITIONS[self.status].get(step)
        assert status is not None, f"{self.status} is never {step}"
        return evolve(self, status=status, updated_at=at, **changes)
