import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iso4217 import Currency as Iso4217

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.money import LARGEST_MINOR_UNITS, Currency, Money
from pgw.domain.result import Err, Ok

EUR, JPY, KWD, CLF = Currency("EUR", 2), Currency("JPY", 0), Currency("KWD", 3), Currency("CLF", 4)
PAYABLE = [Currency(one.code, one.exponent) for one in Iso4217 if one.exponent is not None]


def refusal(raw: object, currency: Currency = EUR) -> str:
    match Money.create(raw, currency):
        case Err(Invalid(InvalidCode.INVALID_AMOUNT, detail)):
            return detail
        case other:
            pytest.fail(f"{raw!r} gave {other}")


@pytest.mark.parametrize("raw", [Decimal("0.1"), Decimal("0.10"), "0.1", "0.10", "00.100"])
def test_a_tenth_of_a_euro_is_exactly_ten_cents(raw: object) -> None:
    assert Ok(Money(10, EUR)) == Money.create(raw, EUR)


@pytest.mark.parametrize(
    ("raw", "currency", "minor_units"),
    [
        (10, EUR, 1000),
        (Decimal("10.5"), EUR, 1050),
        (Decimal("1E+2"), EUR, 10_000),
        (Decimal("0.29"), EUR, 29),
        (Decimal("1.005"), KWD, 1005),
        ("1.005", KWD, 1005),
        (1, KWD, 1000),
        ("0.0001", CLF, 1),
        (1, JPY, 1),
        (Decimal("1.0"), JPY, 1),
        ("999999999999", JPY, LARGEST_MINOR_UNITS),
        ("9999999999.99", EUR, LARGEST_MINOR_UNITS),
        ("999999999.999", KWD, LARGEST_MINOR_UNITS),
    ],
)
def test_an_amount_is_kept_in_the_minor_units_of_its_currency(
    raw: object, currency: Currency, minor_units: int
) -> None:
    assert Ok(Money(minor_units, currency)) == Money.create(raw, currency)


@pytest.mark.parametrize(
    ("raw", "currency"),
    [
        ("1.5", JPY),
        (Decimal("1.5"), JPY),
        ("0.001", EUR),
        ("1.0005", KWD),
        ("0.00001", CLF),
        (Decimal("10.000000000000000000000000000000000001"), EUR),
        (Decimal("1e-999999999999999999"), EUR),
    ],
)
def test_more_decimals_than_the_currency_has_are_refused(raw: object, currency: Currency) -> None:
    assert f"{currency.code} has {currency.exponent} decimals; the amount has more." == refusal(raw, currency)


@pytest.mark.parametrize(
    ("raw", "currency"),
    [
        ("1000000000000", JPY),
        ("10000000000", EUR),
        (10**10, EUR),
        ("1000000000", KWD),
        (10**18, JPY),
        (Decimal("1e1000000"), EUR),
        (Decimal("1e999999999999999999"), JPY),
    ],
)
def test_more_than_twelve_digits_of_minor_units_are_refused(raw: object, currency: Currency) -> None:
    expected = "The amount is too large: it may have at most 12 digits in minor units."
    assert expected == refusal(raw, currency)


@pytest.mark.parametrize(
    "raw", [0, -1, "0", "0.00", Decimal("-0"), Decimal("0.0"), Decimal("0e-999999999999999999"), Decimal(-1)]
)
def test_an_amount_is_more_than_zero(raw: object) -> None:
    assert "The amount must be more than 0." == refusal(raw)


NO_NUMBERS: list[object] = [None, True, False, 0.1, 10.5, [1], {"amount": 1}, b"1"]
NOT_FINITE = [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")]
NOT_PLAIN = [
    "",
    "1_000",
    "1,000",
    "1,5",
    "0x10",
    "1e3",
    "1E3",
    "NaN",
    "Infinity",
    "-1",
    "-0",
    "+1",
    ".5",
    "5.",
]
SPACED = [" ", "1 ", " 1", "1\n", "\t1", "1 000", "1\u00a0", "10\0", "1.5.0", "\u20ac10"]
NOT_ASCII = ["\uff11\uff10", "\u0663", "\u0967\u0966", "\u00b2", "1\uff0e5"]
TOO_LONG = ["1" * 25, "0." + "0" * 25]


@pytest.mark.parametrize(
    "raw", [*NO_NUMBERS, *NOT_FINITE, *NOT_PLAIN, *SPACED, *NOT_ASCII, *TOO_LONG], ids=ascii
)
def test_what_is_no_plain_decimal_number_is_refused(raw: object) -> None:
    assert "The amount must be a decimal number, or a string of one, such as 10.50." == refusal(raw)


@pytest.mark.parametrize(
    ("digits", "minor_units"),
    [("1." + "0" * 60_000, 100), ("1" + "0" * 60_000 + "e-60000", 100), ("9" * 60_000, None)],
    ids=["zeros-behind", "zeros-before", "an-integer"],
)
def test_a_number_of_60_000_digits_is_judged_at_once(digits: str, minor_units: int | None) -> None:
    amount = Decimal(digits)
    began = time.process_time()
    judged = Money.create(amount, EUR)
    assert time.process_time() - began < 0.1
    assert minor_units == (judged.value.minor_units if isinstance(judged, Ok) else None)


@given(st.integers(1, LARGEST_MINOR_UNITS), st.sampled_from(PAYABLE))
@settings(max_examples=100, deadline=None)
def test_an_answers_amount_is_read_back_as_the_same_money(minor_units: int, currency: Currency) -> None:
    money = Money(minor_units, currency)
    shown = str(money.major_units)
    assert currency.exponent == len(shown.partition(".")[2])
    assert Ok(money) == Money.create(shown, currency) == Money.create(Decimal(shown), currency)


@given(st.one_of(st.text(), st.decimals(), st.integers(), st.floats(), st.binary(), st.booleans()))
@settings(max_examples=100, deadline=None)
def test_nothing_that_is_read_as_an_amount_raises_or_makes_money_out_of_bounds(raw: object) -> None:
    match Money.create(raw, EUR):
        case Ok(money):
            assert 1 <= money.minor_units <= LARGEST_MINOR_UNITS
        case Err(invalid):
            assert InvalidCode.INVALID_AMOUNT == invalid.code
