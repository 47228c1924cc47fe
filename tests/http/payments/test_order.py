from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pgw.bank.port import BankFeature
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.errors import InvalidCode
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Err, Ok
from pgw.http.payments.order import read_order

Refusals = Callable[[dict[str, Any]], list[tuple[str, str]]]
NOW = datetime(2026, 6, 15, tzinfo=UTC)
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034), "Ada")
MISSING, UNKNOWN = InvalidCode.MISSING_REQUIRED_PARAMETER, InvalidCode.UNKNOWN_PARAMETER
INVALID = InvalidCode.INVALID_PARAMETER


def test_a_valid_request_is_an_order(pay_request: dict[str, Any]) -> None:
    order = PaymentOrder(Money(1050, Currency("EUR", 2)), CARD, True, "Order 17", "order-17", {"cart": "9"})
    assert Ok(order) == read_order(pay_request, NOW, frozenset(BankFeature))


def test_what_is_optional_may_be_left_out(pay_request: dict[str, Any]) -> None:
    del pay_request["card"]["holderName"]
    shortest = {name: pay_request[name] for name in ("amount", "currency", "card")}
    match read_order(shortest, NOW, frozenset(BankFeature)):
        case Ok(order):
            assert (True, None, None, {}) == (
                order.capture,
                order.description,
                order.reference,
                order.metadata,
            )
            assert order.card.holder_name is None
        case Err(invalid):
            pytest.fail(str(invalid))


def test_nothing_at_all_misses_all_that_is_required(refusals: Refusals) -> None:
    assert [(MISSING, "#/amount"), (MISSING, "#/currency"), (MISSING, "#/card")] == refusals({})


def test_an_empty_card_misses_all_that_is_required_of_one(
    refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    pay_request["card"] = {}
    names = ("number", "cvv", "expiryMonth", "expiryYear")
    assert [(MISSING, f"#/card/{name}") for name in names] == refusals(pay_request)


def test_all_that_is_wrong_is_listed_at_once_in_one_order(refusals: Refusals) -> None:
    card = {
        "expiryYear": 1,
        "expiryMonth": 13,
        "cvv": "1",
        "number": "4242424242424241",
        "holderName": 5,
        "pin": 1,
    }
    document = {
        "metadata": [],
        "capture": "yes",
        "reference": 1,
        "description": [],
        "save": True,
        "card": card,
        "amount": -1,
        "currency": "XXX",
    }
    expected = [
        (InvalidCode.INVALID_CURRENCY, "#/currency"),
        (InvalidCode.INVALID_AMOUNT, "#/amount"),
        (InvalidCode.INVALID_CARD_NUMBER, "#/card/number"),
        (InvalidCode.INVALID_CVV, "#/card/cvv"),
        (InvalidCode.INVALID_EXPIRY_DATE, "#/card/expiryMonth"),
        (InvalidCode.INVALID_EXPIRY_DATE, "#/card/expiryYear"),
        (INVALID, "#/card/holderName"),
        (UNKNOWN, "#/card/pin"),
        (INVALID, "#/description"),
        (INVALID, "#/reference"),
        (INVALID, "#/capture"),
        (INVALID, "#/metadata"),
        (UNKNOWN, "#/save"),
    ]
    assert expected == refusals(document)
    assert expected == refusals(dict(reversed(document.items())) | {"card": dict(reversed(card.items()))})


@pytest.mark.parametrize("absent", ["amount", "currency"])
def test_an_amount_and_its_currency_are_judged_as_far_as_they_go(
    absent: str, refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    pay_request |= {"amount": "0", "currency": "eur"}
    del pay_request[absent]
    other = {
        "amount": (InvalidCode.INVALID_CURRENCY, "#/currency"),
        "currency": (InvalidCode.INVALID_AMOUNT, "#/amount"),
    }
    assert [(MISSING, f"#/{absent}"), other[absent]] == refusals(pay_request)


@pytest.mark.parametrize(("absent", "other"), [("expiryMonth", "expiryYear"), ("expiryYear", "expiryMonth")])
def test_half_an_expiry_date_is_judged_too(
    absent: str, other: str, refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    del pay_request["card"][absent]
    pay_request["card"][other] = 0
    expected = [(MISSING, f"#/card/{absent}"), (InvalidCode.INVALID_EXPIRY_DATE, f"#/card/{other}")]
    assert expected == refusals(pay_request)


def test_an_expired_card_is_pointed_at_by_its_month(refusals: Refusals, pay_request: dict[str, Any]) -> None:
    pay_request["card"] |= {"expiryMonth": 5, "expiryYear": 2026}
    assert [(InvalidCode.EXPIRED_CARD, "#/card/expiryMonth")] == refusals(pay_request)
    pay_request["card"]["expiryMonth"] = 6
    assert [] == refusals(pay_request)


@pytest.mark.parametrize("card", [None, [], "4242424242424242", 4242424242424242, True])
def test_a_card_is_an_object(card: object, refusals: Refusals, pay_request: dict[str, Any]) -> None:
    assert [(INVALID, "#/card")] == refusals(pay_request | {"card": card})


@pytest.mark.parametrize("capture", [None, 0, 1, "true", "false", [], Decimal(1)], ids=repr)
def test_capture_is_true_or_false(capture: object, refusals: Refusals, pay_request: dict[str, Any]) -> None:
    assert [(INVALID, "#/capture")] == refusals(pay_request | {"capture": capture})


def test_a_bank_that_charges_at_once_captures_nothing_later(pay_request: dict[str, Any]) -> None:
    later = pay_request | {"capture": False}
    match read_order(later, NOW, frozenset({BankFeature.CAPTURE_LATER})), read_order(later, NOW, frozenset()):
        case Ok(order), Err([invalid]):
            assert order.capture is False
            assert (InvalidCode.CAPTURE_NOT_SUPPORTED, "#/capture") == (invalid.code, invalid.pointer)
        case other:
            pytest.fail(str(other))


@pytest.mark.parametrize(
    "member", ["Amount", "amount ", "merchantId", "merchant_id", "sepaDebit", "save", ""]
)
def test_a_member_that_nothing_is_known_of_is_refused(
    member: str, refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    (found,) = refusals(pay_request | {member: "1"})
    assert (UNKNOWN, f"#/{member.replace(' ', '%20')}") == found
