from decimal import Decimal

import pytest

from pgw.domain.result import Err, Ok
from pgw.http.documents import parse


def refusal(body: bytes) -> str:
    match parse(body):
        case Err(sentence):
            return sentence
        case Ok(document):
            pytest.fail(f"read as {str(document)[:200]}")


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":0.1}', Decimal("0.1")),
        (b'{"a":10.50}', Decimal("10.50")),
        (b'{"a":1E+2}', Decimal("1E+2")),
        (b'{"a":-0}', 0),
        (b'{"a":999999999999999999}', 10**18 - 1),
        (b'{"a":1000000000000000000}', Decimal(10**18)),
        (b'{"a":"\\ud83d\\ude00 \xc3\xa9"}', "\U0001f600 é"),
        (b' {"a":{"b":[true,null]}}\r\n', {"b": [True, None]}),
    ],
)
def test_numbers_are_read_exactly_and_the_rest_as_json_has_it(body: bytes, value: object) -> None:
    assert Ok({"a": value}) == parse(body)
    assert repr(Ok({"a": value})) == repr(parse(body))  # an int is no decimal


@pytest.mark.parametrize(
    "number", ["1e99999999999999999999", "-1e99999999999999999999", "1e-99999999999999999999"]
)
def test_an_exponent_that_no_decimal_has_is_refused(number: str) -> None:
    expected = "A number in the body has an exponent that is too large."
    assert expected == refusal(b'{"amount":%b}' % number.encode())


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_constant_that_json_does_not_have_is_refused(constant: str) -> None:
    assert f"{constant} is not a JSON number." == refusal(b'{"amount":%b}' % constant.encode())


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"amount":1,"amount":1}', "amount"),
        (b'{"a":1,"b":2,"b":3,"a":4}', "a"),
        (b'{"card":{"number":"1","number":"2"}}', "number"),
        (b'{"a":[{"b":{"c/d~":1,"c/d~":1}}]}', "c/d~"),
        (b'{"a":1,"\\u0061":1}', "a"),
        (b'{"4242 4242 4242 4242":1,"4242 4242 4242 4242":1}', "[redacted]"),
        (b'{"%b":1,"%b":1}' % (b"n" * 100, b"n" * 100), "n" * 64),
    ],
    ids=range(7),
)
def test_a_member_that_appears_twice_is_refused_at_any_depth(body: bytes, name: str) -> None:
    assert f'The member "{name}" appears twice in one object.' == refusal(body)


def test_the_same_member_of_two_objects_is_no_duplicate() -> None:
    assert isinstance(parse(b'{"a":{"b":1},"c":{"b":1},"b":[{"b":1},{"b":1}]}'), Ok)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":{"b":"x\\ude00\\ud83d"}}',
        b'{"a":[["\\ud800"]]}',
        b'{"a":[{"b":"\\ud800"}]}',
    ],
)
def test_half_of_a_surrogate_pair_is_refused_wherever_it_stands(body: bytes) -> None:
    assert "A text in the body has half of a surrogate pair." == refusal(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xc0\xaf"}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xe9"}',
    ],
)
def test_what_is_not_utf_8_is_refused(body: bytes) -> None:
    assert "The body is not UTF-8." == refusal(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1}{}',
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":.5}',
        b'{"a":1_0}',
        b'{"a":"\n"}',
        b'{"a":tru}',
        b'{"a":\xef\xbc\x91}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16-le"),
        b"\0",
    ],
)
def test_what_is_not_json_is_refused_with_the_place(body: bytes) -> None:
    sentence = refusal(body)
    assert sentence.startswith("The body is not JSON: ")
    assert sentence.removesuffix(".")[-1].isdigit()


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1", b"true", b'[{"a":1}]'])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    assert "The body must be a JSON object." == refusal(body)
