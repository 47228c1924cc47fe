"""How the header is read, and which requests are the same."""

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from pgw.domain.result import Err, Ok
from pgw.http import documents
from pgw.http.idempotency import KeyedRequest, fingerprint, read_key

SECRET = b"a secret of more than thirty-two bytes"
HEX_DIGITS = 64


def read(*values: str) -> object:
    return read_key(Headers([("Idempotency-Key", value) for value in values]))


def test_a_request_may_have_no_key() -> None:
    assert Ok(None) == read()


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        ('  "abc" ', "abc"),
        ("a b;c=d", "a b;c=d"),
        (r"a\b", r"a\b"),
        (r'"a\\b"', r"a\b"),
        (r'"say \"no\""', 'say "no"'),
        ('"a, b"', "a, b"),
        ('" "', " "),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("x" * 255, "x" * 255),
        (f'"{"x" * 255}"', "x" * 255),
        (r'"' + r"\\" * 255 + '"', "\\" * 255),
    ],
)
def test_a_key_is_quoted_or_bare(value: str, key: str) -> None:
    assert Ok(key) == read(value)


EMPTY = "The idempotency key is empty."
TOO_LONG = "An idempotency key has at most 255 characters."
NOT_ASCII = "An idempotency key is of printable ASCII characters."
QUOTING = 'A quoted idempotency key ends with a quote, and inside it only \\" and \\\\ escape.'
TO_BE_QUOTED = "An idempotency key with a quote or a comma in it must be quoted."


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        *((value, EMPTY) for value in ("", " ", '""')),
        *((value, TOO_LONG) for value in ("x" * 256, f'"{"x" * 256}"')),
        *((value, NOT_ASCII) for value in ("a\tb", "é", '"é"', "a\x7f", "a\x00", "\u2028")),
        *((value, QUOTING) for value in ('"', '"abc', '"a"b"', '"a";p=1', '"a", "b"', r'"a\b"', '"a\\"')),
        *((value, TO_BE_QUOTED) for value in ('abc"', 'a"b', "a, b", "a,b")),
    ],
)
def test_a_key_that_is_not_valid_is_refused_with_what_is_wrong(value: str, detail: str) -> None:
    assert Err(detail) == read(value)


@pytest.mark.parametrize("values", [("abc", "abc"), ("abc", "def"), ("", "")])
def test_a_header_that_was_sent_twice_is_refused(values: tuple[str, str]) -> None:
    assert Err("The header Idempotency-Key was sent more than once.") == read(*values)


def parsed(body: str) -> dict[str, Any]:
    read = documents.parse(body.encode())
    assert isinstance(read, Ok)
    return read.value


def of(body: str, method: str = "POST", path: str = "/payments", secret: bytes = SECRET) -> str:
    return fingerprint(secret, method, path, parsed(body))


CARD = '"card":{"number":"4242424242424242","cvv":"123","expiryMonth":11,"expiryYear":2034}'
REQUEST = '{"amount":10.50,"currency":"EUR","description":"a","metadata":{"x":"1","y":"2"},' + CARD + "}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"amount":10.50,"currency":"EUR"', '"currency":"EUR",  "amount" : 10.50'),
        ('"x":"1","y":"2"', '"y":"2",\n"x":"1"'),
        *(
            ("10.50", number)
            for number in (
                "10.5",
                "10.500000",
                "1.05e1",
                "105E-1",
                "1050E-2",
                "0.105E+2",
                f"1050{'0' * 31}E-33",
            )
        ),
        *(("11,", number) for number in ("11.0,", "1.1e1,", "110e-1,")),
        ('"description":"a"', '"description":"\\u0061"'),
        ('"cvv":"123"', '"cvv":"999"'),
        (',"cvv":"123"', ""),
    ],
)
def test_what_means_the_same_is_the_same_request(old: str, new: str) -> None:
    assert old in REQUEST
    assert of(REQUEST) == of(REQUEST.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *(("10.50", number) for number in ("10.51", "105", "1.05", "-10.50", '"10.50"', "10.500000000001")),
        ("10.50", f"1050{'0' * 30}1E-33"),
        ("EUR", "USD"),
        ("4242424242424242", "4111111111111111"),
        ('"expiryYear":2034', '"expiryYear":2035'),
        ('"x":"1","y":"2"', '"x":"2","y":"1"'),
        ('{"x":"1","y":"2"}', '{"x":"1\\",\\"y\\":\\"2"}'),
        ('{"x":"1","y":"2"}', '["x","1","y","2"]'),
        ('"description":"a"', '"description":"A"'),
        ('"description":"a"', '"description":null'),
        ('"description":"a",', ""),
        ('"description":"a"', '"description":"a","cvv":"123"'),
        ('"description":"a"', '"description":"a","capture":true'),
    ],
)
def test_what_means_something_else_is_another_request(old: str, new: str) -> None:
    assert old in REQUEST
    assert of(REQUEST) != of(REQUEST.replace(old, new))


@pytest.mark.parametrize(
    ("one", "other"),
    [("true", "1"), ("false", "0"), ("null", '"null"'), ("1", '"1"'), ("[1,2]", "[2,1]"), ("[[]]", "[]")],
)
def test_values_of_different_kinds_differ(one: str, other: str) -> None:
    assert of(f'{{"a":{one}}}') != of(f'{{"a":{other}}}')


@pytest.mark.parametrize(("one", "other"), [("0", "-0"), ("0", "0.00"), ("0", "0e99"), ("0", "-0.0e-9")])
def test_there_is_one_zero(one: str, other: str) -> None:
    assert of(f'{{"a":{one}}}') == of(f'{{"a":{other}}}')


def test_two_numbers_that_differ_in_their_last_of_many_digits_differ() -> None:
    digits = "1" * 60_000
    assert of(f'{{"a":{digits}1}}') != of(f'{{"a":{digits}2}}')
    assert of(f'{{"a":{digits}}}') == of(f'{{"a":{digits}.000}}')


def test_a_huge_exponent_costs_nothing() -> None:
    """Written out, each of these would take more memory than there is."""
    huge = {"a": Decimal("1E+999999999999999"), "b": Decimal("-1.50E-999999999999999")}
    same = {"a": Decimal("0.10E+1000000000000000"), "b": Decimal("-15E-1000000000000000")}
    assert fingerprint(SECRET, "POST", "/", huge) == fingerprint(SECRET, "POST", "/", same)
    assert fingerprint(SECRET, "POST", "/", huge) != fingerprint(SECRET, "POST", "/", {**huge, "a": 1})


def test_method_path_and_secret_are_part_of_it() -> None:
    variants: list[Callable[[], str]] = [
        lambda: of(REQUEST),
        lambda: of(REQUEST, method="PUT"),
        lambda: of(REQUEST, path="/payments/pay_1/refunds"),
        lambda: of(REQUEST, secret=b"x" * 32),
    ]
    fingerprints = {variant() for variant in variants}
    assert len(variants) == len(fingerprints)
    assert {HEX_DIGITS} == {len(one) for one in fingerprints}


def test_a_request_is_left_as_it_was() -> None:
    document = parsed(REQUEST)
    before = copy.deepcopy(document)
    fingerprint(SECRET, "POST", "/payments", document)
    assert before == document


def test_a_keyed_request_shows_no_fingerprint() -> None:
    assert "secret" not in repr(KeyedRequest("key", "secret"))
