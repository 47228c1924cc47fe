import json
from typing import Any

import attrs
import pytest
from iso4217 import Currency

from simulator.fields import MalformedError
from simulator.payment import Payment, read_payment

GOOD = {
    "card_number": "4242424242424242",
    "expiry_date": "12/2090",
    "currency": "EUR",
    "amount": 1050,
    "cvv": "123",
}


def test_a_request_is_read_and_captures_unless_it_says_otherwise(payment: Payment) -> None:
    assert payment == read_payment(json.dumps(GOOD).encode())
    authorized_only = read_payment(json.dumps(GOOD | {"capture": False}).encode())
    assert attrs.evolve(payment, capture=False) == authorized_only


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_field_is_named(name: str) -> None:
    fields = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(MalformedError, match=f"^{name}: is missing$"):
        read_payment(json.dumps(fields).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("card_number", 4242424242424242),
        ("card_number", "4242 4242 4242 4242"),
        ("card_number", "42424242424"),
        ("card_number", "4242424242424242\n"),
        ("card_number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"),
        ("expiry_date", "12/34"),
        ("expiry_date", "13/2034"),
        ("expiry_date", None),
        ("currency", "eur"),
        ("currency", "XXX"),
        ("currency", "ABC"),
        ("currency", 978),
        ("amount", 10.5),
        ("amount", 1050.0),
        ("amount", "1050"),
        ("amount", True),
        ("amount", 0),
        ("amount", -1),
        ("amount", 10**12),
        ("cvv", 123),
        ("cvv", "12"),
        ("cvv", "12345"),
        ("capture", "true"),
        ("capture", 1),
        ("capture", None),
        ("surprise", "1"),
    ],
)
def test_a_wrong_field_is_named(name: str, value: Any) -> None:
    with pytest.raises(MalformedError, match=f"^{name}: "):
        read_payment(json.dumps(GOOD | {name: value}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{\x00}\x00",
        b'{"amount": NaN, "amount": 1}',
        b"[" * 60_000,
        b'{"amount": ' + b"9" * 60_000 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError, match=r"^body: "):
        read_payment(body)


def test_the_fingerprint_tells_requests_apart_and_holds_no_card(payment: Payment) -> None:
    key = bytes(32)
    assert payment.fingerprint(key) == attrs.evolve(payment).fingerprint(key)
    changes: list[dict[str, Any]] = [
        {"amount": 1051},
        {"capture": False},
        {"card_number": "4111111111111111"},
        {"currency": Currency("USD")},
        {"expiry_month": 11},
        {"expiry_year": 2091},
    ]
    different = {attrs.evolve(payment, **change).fingerprint(key) for change in changes}
    assert len(changes) == len(different - {payment.fingerprint(key)})
    assert payment.fingerprint(key) != payment.fingerprint(b"1" * 32)


def test_the_fingerprint_has_nothing_of_a_cvv(payment: Payment) -> None:
    other = attrs.evolve(payment, cvv="124")
    assert payment.fingerprint(bytes(32)) == other.fingerprint(bytes(32))


def test_card_number_and_cvv_do_not_show_when_a_payment_is_printed(payment: Payment) -> None:
    assert "4242" not in repr(payment)
    assert "123" not in repr(payment)
