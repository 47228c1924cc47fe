"""What clients pay: each order with a key and an amount that no other has, so that any mix-up shows."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from attrs import frozen

DECIMALS = {"EUR": 2, "JPY": 0, "KWD": 3}
APPROVED = ("4242424242424242", "5555555555554444", "378282246310005", "4111111111111111")
DECLINED = {"4000000000000002": "generic_decline", "4000000000009995": "insufficient_funds"}
# Approved, and the operations of the kind are declined; below, their money moves and the answer is lost, or
# they are stuck on their way.
DECLINES_OPERATIONS = {
    "4000009900000111": "capture",
    "4000009900000129": "void",
    "4000009900000137": "refund",
}
DISTURBS_OPERATIONS = ("4000009900000145", "4000009900000152", "4000009900000160", "4000009900000178")
CHANCE_OF_DECLINE, CHANCE_OF_TROUBLE, CHANCE_TO_CAPTURE_LATER = 0.12, 0.35, 0.5
MERCHANTS = {"ap_123": "mer_ap_123", "ap_456": "mer_ap_456"}
FIRST_AMOUNT = 10_007


@frozen
class Order:
    """`amount` is in minor units. Merchants use the same keys, which are each one's own."""

    api_key: str
    key: str
    amount: int
    currency: str
    card: str
    capture: bool = True

    @property
    def merchant_id(self) -> str:
        return MERCHANTS[self.api_key]

    @property
    def name(self) -> tuple[str, str]:
        return self.merchant_id, self.key

    @property
    def major_units(self) -> Decimal:
        return major(self.amount, self.currency)

    @property
    def decline_code(self) -> str | None:
        return DECLINED.get(self.card)

    @property
    def kind(self) -> str:
        return "payment"

    @property
    def path(self) -> str:
        return "/payments"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.api_key}", "Idempotency-Key": self.key}

    @property
    def document(self) -> dict[str, Any]:
        cvv = "1234" if self.card.startswith("37") else "123"
        card = {"number": self.card, "cvv": cvv, "expiryMonth": 11, "expiryYear": 2034}
        amount = str(self.major_units)
        document = {"amount": amount, "currency": self.currency, "reference": self.key, "card": card}
        return document if self.capture else document | {"capture": False}


def orders(random: Random) -> Iterator[Order]:
    for number in count():
        yield Order(
            api_key=tuple(MERCHANTS)[number % 2],
            key=f"order {number // 2}",
            amount=FIRST_AMOUNT + number,
            currency=random.choice(tuple(DECIMALS)),
            card=_card(random),
            capture=random.random() >= CHANCE_TO_CAPTURE_LATER,
        )


def _card(random: Random) -> str:
    if random.random() < CHANCE_OF_DECLINE:
        return random.choice(tuple(DECLINED))
    is_trouble = random.random() < CHANCE_OF_TROUBLE
    return random.choice((*DECLINES_OPERATIONS, *DISTURBS_OPERATIONS) if is_trouble else APPROVED)


def major(minor_units: int, currency: str) -> Decimal:
    return Decimal(minor_units).scaleb(-DECIMALS[currency])
