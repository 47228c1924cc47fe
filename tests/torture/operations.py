"""What clients do with what they paid: captures, voids and refunds, some at once, some too large."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any

from attrs import frozen

from tests.torture.orders import DECLINES_OPERATIONS, Order, major

DECLINE_CODE = "processing_error"


@frozen
class Wish:
    """An operation on so many hundredths of what was ordered, or on all that is left."""

    kind: str
    percent: int | None = None
    is_final: bool = False


@frozen
class Operation:
    """`amount` is in minor units, None for all that is left. Its key is its request's id too."""

    order: Order
    payment_id: str
    key: str
    kind: str
    amount: int | None
    is_final: bool = False

    @property
    def name(self) -> tuple[str, str]:
        return self.order.merchant_id, self.key

    @property
    def major_units(self) -> Decimal | None:
        return None if self.amount is None else major(self.amount, self.order.currency)

    @property
    def path(self) -> str:
        return f"/payments/{self.payment_id}/{self.kind}s"

    @property
    def headers(self) -> Mapping[str, str]:
        return {**self.order.headers, "Idempotency-Key": self.key, "X-Request-Id": self.key}

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"final": True} if self.is_final else {}
        return document if self.amount is None else document | {"amount": str(self.major_units)}

    @property
    def is_declined(self) -> bool:
        """Whether the bank says no to it, if it says anything."""
        return DECLINES_OPERATIONS.get(self.order.card) == self.kind


Step = tuple[Wish, ...]
"""What is asked for at once."""


def _capture(percent: int | None = None, *, final: bool = False) -> Wish:
    return Wish("capture", percent, is_final=final)


def _refund(percent: int | None = None) -> Wish:
    return Wish("refund", percent)


_VOID = Wish("void")
_LIVES_CAPTURED: Sequence[Sequence[Step]] = (
    ((_refund(30),), (_refund(30),), (_refund(),)),
    ((_refund(),),),
    ((_refund(60), _refund(60)), (_refund(),)),
    ((_refund(101),), (_refund(60),), (_refund(60),)),
    ((_refund(40), _refund(40), _refund(40)),),
    ((_refund(30), _capture(), _VOID),),
    (),
)
_LIVES_TO_CAPTURE: Sequence[Sequence[Step]] = (
    ((_capture(40),), (_capture(20, final=True),), (_refund(30),), (_refund(30),)),
    ((_capture(),), (_refund(60), _refund(60))),
    ((_capture(40),), (_capture(40),), (_refund(10), _refund(60)), (_capture(),)),
    ((_capture(101),), (_capture(50),), (_capture(51),), (_VOID,), (_capture(),)),
    ((_VOID,), (_capture(),)),
    ((_VOID,),),
    ((_capture(), _VOID),),
    ((_capture(40), _capture(40, final=True)), (_refund(40),)),
    ((_capture(30),), (_refund(), _capture(30))),
    (),
)


def life_of(order: Order, payment_id: str, random: Random) -> Sequence[Sequence[Operation]]:
    """Draw what is done to a payment, step by step."""
    steps = random.choice(_LIVES_CAPTURED if order.capture else _LIVES_TO_CAPTURE)
    return [
        [_operation(order, payment_id, f"{step}.{number}", wish) for number, wish in enumerate(wishes)]
        for step, wishes in enumerate(steps)
    ]


def _operation(order: Order, payment_id: str, number: str, wish: Wish) -> Operation:
    key = f"{order.key.replace(' ', '-')}.{number}"
    amount = None if wish.percent is None else order.amount * wish.percent // 100
    return Operation(order, payment_id, key, wish.kind, amount, wish.is_final)
