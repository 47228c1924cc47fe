from collections.abc import Callable
from typing import Any

import pytest

from pgw.domain.errors import InvalidCode

Refusals = Callable[[dict[str, Any]], list[tuple[str, str]]]
INVALID, CARD_DATA = InvalidCode.INVALID_PARAMETER, InvalidCode.CARD_DATA_IN_TEXT

NUMBER_AS_TYPED = [
    "4242424242424242",
    "card 4242 4242 4242 4242, thanks",
    "4242-4242-4242-4242",
    "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
    "4242.4242.4242.4242",
    "4242\n4242\t4242\u00a04242",
    "00004242424242424242000",
    "\uff14\uff12" * 8,
    "\u0664\u0662" * 8,
]


@pytest.mark.parametrize(("name", "longest"), [("description", 255), ("reference", 64)])
def test_a_text_has_a_longest_length(
    name: str, longest: int, refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    assert [] == refusals(pay_request | {name: "\U0001f600" * longest})
    assert [(INVALID, f"#/{name}")] == refusals(pay_request | {name: "a" * (longest + 1)})


@pytest.mark.parametrize("name", ["description", "reference"])
@pytest.mark.parametrize("value", [1, True, [], {}, "a\0b", "\0"], ids=repr)
def test_what_is_no_text_is_refused(
    name: str, value: object, refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    assert [(INVALID, f"#/{name}")] == refusals(pay_request | {name: value})


@pytest.mark.parametrize("value", [1, "a" * 256, "A\0da"])
def test_a_holders_name_is_a_text(value: object, refusals: Refusals, pay_request: dict[str, Any]) -> None:
    pay_request["card"]["holderName"] = value
    assert [(INVALID, "#/card/holderName")] == refusals(pay_request)


def test_metadata_has_twenty_members_at_most(refusals: Refusals, pay_request: dict[str, Any]) -> None:
    members = {str(number): "" for number in range(21)}
    assert [(INVALID, "#/metadata")] == refusals(pay_request | {"metadata": members})
    del members["0"]
    assert [] == refusals(pay_request | {"metadata": members})


@pytest.mark.parametrize(
    ("metadata", "wrong"),
    [
        ({"k" * 40: "v" * 200}, 0),
        ({"k" * 41: "v"}, 1),
        ({"k": "v" * 201}, 1),
        ({"k" * 41: "v" * 201}, 2),
        ({"k\0": "v"}, 1),
        ({"k": "v\0"}, 1),
        ({"k": 1}, 1),
        ({"k": None}, 1),
        ({"k": {"deep": "v"}}, 1),
        ({"k": ["v"]}, 1),
        (None, 1),
        ([["k", "v"]], 1),
        ("k=v", 1),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_metadata_is_an_object_of_short_texts(
    metadata: object, wrong: int, refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    assert [(INVALID, "#/metadata")] * wrong == refusals(pay_request | {"metadata": metadata})


@pytest.mark.parametrize("text", NUMBER_AS_TYPED, ids=ascii)
@pytest.mark.parametrize("name", ["description", "reference"])
def test_the_cards_number_is_kept_out_of_texts(
    name: str, text: str, refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    assert [(CARD_DATA, f"#/{name}")] == refusals(pay_request | {name: text})


@pytest.mark.parametrize("text", NUMBER_AS_TYPED, ids=ascii)
def test_the_cards_number_is_kept_out_of_metadata(
    text: str, refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    assert [(CARD_DATA, "#/metadata")] == refusals(pay_request | {"metadata": {"a": "b", "c": text}})
    assert [(CARD_DATA, "#/metadata")] == refusals(pay_request | {"metadata": {text: "a"}})


def test_the_cards_number_is_found_in_every_text_and_beside_other_faults(
    refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    number = pay_request["card"]["number"]
    pay_request |= {"description": number, "reference": number, "metadata": {number: number}, "amount": 0}
    pay_request["card"]["cvv"] = "1"
    expected = [
        (InvalidCode.INVALID_AMOUNT, "#/amount"),
        (InvalidCode.INVALID_CVV, "#/card/cvv"),
        (CARD_DATA, "#/description"),
        (CARD_DATA, "#/reference"),
        (CARD_DATA, "#/metadata"),
    ]
    assert expected == refusals(pay_request)


@pytest.mark.parametrize(
    "text", ["4242 4242 4242", "**** 4242", "4242424242424241", "12345678901234567890", "²" * 16]
)
def test_other_numbers_may_stand_in_a_text(
    text: str, refusals: Refusals, pay_request: dict[str, Any]
) -> None:
    assert [] == refusals(pay_request | {"description": text, "metadata": {"a": text}})
