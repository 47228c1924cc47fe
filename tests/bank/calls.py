"""A call to make, and the connector to make it with."""

from typing import Any

import pytest

from pgw.bank.http import HttpBank
from pgw.bank.network import TcpNetwork
from pgw.bank.port import Authorize, BankFeature, Capture, Refund, Void
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.money import Currency, Money


def authorize(
    reference: str = "ref_1", *, card_number: str = "4242424242424242", capture: bool = True
) -> Authorize:
    card = Card(CardNumber(card_number, Brand.VISA), Cvv("123"), Expiry(3, 2090), "Ada Lovelace")
    return Authorize(reference, Money(1050, Currency("EUR", 2)), card, capture=capture)


ALL_BUT_A_NAME = frozenset(BankFeature) - {BankFeature.NAME_REFERENCE}


def bank_at(url: str, **changes: Any) -> HttpBank:
    """Return a bank that offers everything but to name the reference in its answers."""
    given: dict[str, Any] = {"network": TcpNetwork(), "features": ALL_BUT_A_NAME} | changes
    return HttpBank("bank", url, **given)


def capture(
    reference: str = "ref_1", of: str = "ref_0", amount: int = 1050, *, is_final: bool = False
) -> Capture:
    return Capture(reference, of, Money(amount, Currency("EUR", 2)), is_final=is_final)


def void(reference: str = "ref_1", of: str = "ref_0") -> Void:
    return Void(reference, of)


def refund(reference: str = "ref_1", of: str = "ref_0", amount: int = 1050) -> Refund:
    return Refund(reference, of, Money(amount, Currency("EUR", 2)))


OPERATIONS = pytest.mark.parametrize("call", [capture(), void(), refund()], ids=["capture", "void", "refund"])
