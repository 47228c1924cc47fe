import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgw.domain.card import Brand, CardNumber
from pgw.domain.errors import InvalidCode
from pgw.domain.result import Err, Ok


def with_check_digit(digits: str) -> str:
    """Append the Luhn digit, by the textbook and not by the code under test (ISO/IEC 7812-1, annex B)."""
    doubled = [int(one) * (2 if place % 2 == 0 else 1) for place, one in enumerate(reversed(digits))]
    return digits + str(-sum(one // 10 + one % 10 for one in doubled) % 10)


def refusal(raw: object) -> str:
    match CardNumber.create(raw):
        case Err(invalid):
            assert InvalidCode.INVALID_CARD_NUMBER == invalid.code
            return invalid.detail
        case Ok(number):
            pytest.fail(f"accepted as {number.brand}")


ISSUED = [
    (Brand.VISA, ["4", "42424", "4999"], [13, 16, 19]),
    (Brand.MASTERCARD, ["51", "55", "2221", "2229", "223", "23", "26", "270", "271", "2720"], [16]),
    (Brand.AMERICAN_EXPRESS, ["34", "37"], [15]),
    (Brand.JCB, ["3528", "3529", "353", "3589"], [16, 19]),
    (Brand.DINERS_CLUB, ["300", "305", "3095", "36", "38", "39"], [14, 16, 19]),
    (Brand.DISCOVER, ["6011", "644", "649", "65"], [16, 19]),
    (Brand.UNION_PAY, ["62", "810", "8171"], [16, 19]),
    (Brand.MAESTRO, ["50", "56", "58", "6304", "67"], [12, 16, 19]),
    (Brand.UNKNOWN, ["1", "7", "9", "2220", "2721", "31", "3527", "359"], [12, 16, 19]),
]
CASES = [
    (brand, prefix, length) for brand, prefixes, many in ISSUED for prefix in prefixes for length in many
]


@pytest.mark.parametrize(("brand", "prefix", "length"), CASES)
@given(filling=st.integers(0, 10**20 - 1))
@settings(max_examples=5, deadline=None)
def test_a_number_of_a_brands_prefix_and_length_is_accepted_and_with_one_wrong_digit_refused(
    brand: Brand, prefix: str, length: int, filling: int
) -> None:
    digits = with_check_digit((prefix + f"{filling:020}")[: length - 1])
    assert Ok(CardNumber(digits, brand)) == CardNumber.create(digits)
    if brand is Brand.UNION_PAY:  # has no check digit
        return
    # Another prefix may be that of another brand.
    for place in range(len(prefix), length):
        for other in set("0123456789") - {digits[place]}:
            wrong = digits[:place] + other + digits[place + 1 :]
            assert "The card number's check digit is wrong." == refusal(wrong)


@pytest.mark.parametrize(
    ("brand", "prefix", "lengths"),
    [
        (Brand.VISA, "4", [12, 14, 15, 17, 18]),
        (Brand.MASTERCARD, "51", [12, 13, 14, 15, 17, 18, 19]),
        (Brand.AMERICAN_EXPRESS, "37", [12, 13, 14, 16, 17, 18, 19]),
        (Brand.JCB, "3528", [12, 13, 14, 15]),
        (Brand.DINERS_CLUB, "36", [12, 13]),
        (Brand.DISCOVER, "6011", [12, 13, 14, 15]),
        (Brand.UNION_PAY, "62", [12, 13, 14, 15]),
    ],
)
def test_a_number_of_a_length_that_its_brand_does_not_have_is_refused(
    brand: Brand, prefix: str, lengths: list[int]
) -> None:
    for length in lengths:
        digits = with_check_digit(prefix + "0" * (length - 1 - len(prefix)))
        assert f"No {brand} card number has {length} digits." == refusal(digits)


@pytest.mark.parametrize(
    ("typed", "brand"),
    [
        ("4242 4242 4242 4242", Brand.VISA),
        ("4242-4242-4242-4242", Brand.VISA),
        (" 4242  4242--4242 4242 ", Brand.VISA),
        ("3782 822463 10005", Brand.AMERICAN_EXPRESS),
        ("5555555555554444", Brand.MASTERCARD),
        ("6240008631401148", Brand.UNION_PAY),  # without a check digit
    ],
)
def test_spaces_and_dashes_are_ignored(typed: str, brand: Brand) -> None:
    digits = typed.replace(" ", "").replace("-", "")
    assert Ok(CardNumber(digits, brand)) == CardNumber.create(typed)
    assert digits[-4:] == CardNumber(digits, brand).last_four


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (4242424242424242, "The card number must be a string of digits."),
        (None, "The card number must be a string of digits."),
        (["4242424242424242"], "The card number must be a string of digits."),
        ("4242424242424241", "The card number's check digit is wrong."),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_number_is_said_without_repeating_it(raw: object, detail: str) -> None:
    assert detail == refusal(raw)


OTHER_LENGTHS = ["", " ", "-", "42424242424", "4" * 20, "4" * 60_000]
OTHER_DIGITS = ["\uff14\uff12" * 8, "\u0664\u0662" * 8, "424242424242424\u00b2", "424242424242424x"]
OTHER_SPACES = ["\u00a0".join(["4242"] * 4), "\t".join(["4242"] * 4), "4242424242424242\n"]
OTHER_MARKS = ["4242.4242.4242.4242", "4242_4242_4242_4242", "\u2013".join(["4242"] * 4), "+4242424242424242"]
NUL = ["4242424242424242\0"]


@pytest.mark.parametrize(
    "raw",
    OTHER_LENGTHS + OTHER_DIGITS + OTHER_SPACES + OTHER_MARKS + NUL,
    ids=lambda raw: ascii(raw)[:30],
)
def test_what_is_not_twelve_to_nineteen_ascii_digits_is_refused(raw: str) -> None:
    assert "The card number must have 12 to 19 digits." == refusal(raw)
