"""What is read of a capture, a void and a refund, and what is refused with the field's name."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from attrs import evolve

from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.errors import InvalidCode
from pgw.domain.money import Currency, Money
from pgw.domain.operation import CaptureOrder, RefundOrder, VoidOrder
from pgw.domain.payment import Payment, PaymentOrder
from pgw.domain.result import Err, Ok
from pgw.http.answers import encode
from pgw.http.documents import parse
from pgw.http.payments.operation_order import read_capture, read_refund, read_void
from tests.described import description

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2026, 6, 15, tzinfo=UTC)
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))
ORDER = PaymentOrder(Money(1050, Currency("EUR", 2)), CARD)
PAYMENT = Payment.ordered("pay_a", "mer_a", ORDER, "bank", AT, reference="ref_1")
IN_YEN = evolve(PAYMENT, amount=Money(1050, Currency("JPY", 0)))
READERS: dict[str, Callable[..., Any]] = {
    "CaptureOrder": read_capture,
    "VoidOrder": read_void,
    "RefundOrder": read_refund,
}
AMOUNT, WRONG, UNKNOWN = (
    InvalidCode.INVALID_AMOUNT,
    InvalidCode.INVALID_PARAMETER,
    InvalidCode.UNKNOWN_PARAMETER,
)
CARD_DATA = InvalidCode.CARD_DATA_IN_TEXT


def refusals(name: str, document: dict[str, Any], payment: Payment = PAYMENT) -> list[tuple[str, str]]:
    match READERS[name](document, payment):
        case Err(invalid):
            return [(one.code, one.pointer) for one in invalid]
        case _:
            return []


@pytest.mark.parametrize(
    ("document", "order"),
    [
        ({}, CaptureOrder(None, is_final=False)),
        ({"amount": "4.00"}, CaptureOrder(400, is_final=False)),
        ({"amount": 4, "final": True}, CaptureOrder(400, is_final=True)),
        ({"amount": Decimal("0.01"), "final": False}, CaptureOrder(1, is_final=False)),
    ],
)
def test_a_capture_is_of_an_amount_or_of_all_that_is_left(
    document: dict[str, Any], order: CaptureOrder
) -> None:
    assert Ok(order) == read_capture(document, PAYMENT)


@pytest.mark.parametrize(
    ("document", "order"),
    [
        ({}, RefundOrder(None, None)),
        ({"amount": "4.00", "reason": "Returned"}, RefundOrder(400, "Returned")),
        ({"reason": None}, RefundOrder(None, None)),
        ({"reason": "é" * 255}, RefundOrder(None, "é" * 255)),
    ],
)
def test_a_refund_is_of_an_amount_or_of_all_that_is_left(
    document: dict[str, Any], order: RefundOrder
) -> None:
    assert Ok(order) == read_refund(document, PAYMENT)


def test_of_a_void_there_is_nothing_to_say() -> None:
    assert Ok(VoidOrder()) == read_void({}, PAYMENT)
    assert [(UNKNOWN, "#/amount")] == refusals("VoidOrder", {"amount": 1})


@pytest.mark.parametrize("name", ["CaptureOrder", "RefundOrder"])
def test_an_amount_is_in_the_payments_own_currency(name: str) -> None:
    assert [] == refusals(name, {"amount": "1050"}, IN_YEN)
    assert [(AMOUNT, "#/amount")] == refusals(name, {"amount": "10.50"}, IN_YEN)
    assert Ok(1050) == Ok(READERS[name]({"amount": "1050.0"}, IN_YEN).value.amount)


@pytest.mark.parametrize("name", ["CaptureOrder", "RefundOrder"])
@pytest.mark.parametrize(
    "amount", [0, -1, "0.00", None, True, "4,00", "1e3", 10**12, Decimal("0.001"), [], {}]
)
def test_what_is_no_amount_of_it_is_refused(name: str, amount: object) -> None:
    assert [(AMOUNT, "#/amount")] == refusals(name, {"amount": amount})


@pytest.mark.parametrize(
    ("name", "document", "expected"),
    [
        ("CaptureOrder", {"final": None}, [(WRONG, "#/final")]),
        ("CaptureOrder", {"final": "true"}, [(WRONG, "#/final")]),
        ("CaptureOrder", {"final": 1}, [(WRONG, "#/final")]),
        ("CaptureOrder", {"reason": "x"}, [(UNKNOWN, "#/reason")]),
        ("CaptureOrder", {"currency": "EUR"}, [(UNKNOWN, "#/currency")]),
        ("RefundOrder", {"final": True}, [(UNKNOWN, "#/final")]),
        ("RefundOrder", {"reason": 7}, [(WRONG, "#/reason")]),
        ("RefundOrder", {"reason": "x" * 256}, [(WRONG, "#/reason")]),
        ("RefundOrder", {"reason": "a\0b"}, [(WRONG, "#/reason")]),
        (
            "CaptureOrder",
            {"amount": 0, "final": 0, "a": 1},
            [(AMOUNT, "#/amount"), (WRONG, "#/final"), (UNKNOWN, "#/a")],
        ),
        (
            "RefundOrder",
            {"amount": 0, "reason": 0, "a": 1},
            [(AMOUNT, "#/amount"), (WRONG, "#/reason"), (UNKNOWN, "#/a")],
        ),
    ],
)
def test_all_that_is_wrong_is_told_at_once(
    name: str, document: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert expected == refusals(name, document)
    faults = description().faults_of_value(f"/components/schemas/{name}", document)
    assert faults, "the description allows what is refused"


@pytest.mark.parametrize(
    "reason",
    [
        "4242424242424242",
        "card 4242 4242 4242 4242, returned",
        "4242-4242-4242-4242",
        "order 7: 4242\N{NO-BREAK SPACE}4242\N{EN DASH}4242.4242",
        "".join(chr(0x0660 + int(digit)) for digit in "4242424242424242"),
        "1" + "4242424242424242" + "1",
        # Another card's: whoever types a reason may have it from where the money is to go.
        "give it back to 5555 5555 5555 4444",
        "3782 822463 10005",
        # Mistyped it is nearly one.
        "4242424242424241",
        "4242%204242%204242%204242",
    ],
    ids=ascii,
)
def test_what_looks_like_a_card_number_is_kept_out_of_the_reason(reason: str) -> None:
    assert [(CARD_DATA, "#/reason")] == refusals("RefundOrder", {"reason": reason})


@pytest.mark.parametrize(
    "reason",
    ["order 12345678901", "**** 4242", "of 2026-11-22", "\N{SUPERSCRIPT TWO}" * 16, str(UUID(int=4242))],
    ids=ascii,
)
def test_other_numbers_may_stand_in_the_reason(reason: str) -> None:
    assert [] == refusals("RefundOrder", {"reason": reason})


@pytest.mark.parametrize("path", ["captures", "voids", "refunds"])
def test_each_example_of_the_description_is_read(path: str) -> None:
    body = description().document["paths"][f"/payments/{{paymentId}}/{path}"]["post"]["requestBody"]
    assert body["required"] is False
    content = body["content"]["application/json"]
    name = content["schema"]["$ref"].rpartition("/")[2]
    for example in content["examples"].values():
        parsed = parse(encode(example["value"]).encode())
        assert isinstance(parsed, Ok)
        assert [] == refusals(name, parsed.value)
