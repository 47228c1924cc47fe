from datetime import UTC, datetime, timedelta, timezone

import pytest

from pgw.domain.card import Brand, Cvv, Expiry, expiry_month, expiry_year
from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.result import Err, Ok

NOW = datetime(2026, 6, 15, tzinfo=UTC)
OTHER_BRANDS = [brand for brand in Brand if brand is not Brand.AMERICAN_EXPRESS]


@pytest.mark.parametrize("brand", OTHER_BRANDS)
def test_a_cvv_has_three_digits(brand: Brand) -> None:
    assert Ok(Cvv("012")) == Cvv.create("012", brand)
    detail = "The CVV must be a string of 3 digits."
    assert Err(Invalid(InvalidCode.INVALID_CVV, detail)) == Cvv.create("0123", brand)


def test_the_cvv_of_american_express_has_four_digits() -> None:
    assert Ok(Cvv("0123")) == Cvv.create("0123", Brand.AMERICAN_EXPRESS)
    detail = "The CVV must be a string of 4 digits for American Express."
    assert Err(Invalid(InvalidCode.INVALID_CVV, detail)) == Cvv.create("012", Brand.AMERICAN_EXPRESS)


@pytest.mark.parametrize("raw", ["123", "1234"])
def test_a_cvv_of_either_length_passes_where_the_brand_is_not_known(raw: str) -> None:
    assert Ok(Cvv(raw)) == Cvv.create(raw, None)


@pytest.mark.parametrize("brand", [Brand.VISA, Brand.AMERICAN_EXPRESS, None])
@pytest.mark.parametrize(
    "raw",
    [
        "",
        "12",
        "12345",
        "12a",
        "123\n",
        " 123",
        "\uff11\uff12\uff13",
        "٣٣٣",
        "\uff11\uff12\uff13\uff14",
        123,
        1234,
        None,
        ["123"],
    ],
    ids=ascii,
)
def test_what_is_no_cvv_is_refused(raw: object, brand: Brand | None) -> None:
    match Cvv.create(raw, brand):
        case Err(invalid):
            assert InvalidCode.INVALID_CVV == invalid.code
        case Ok():
            pytest.fail("accepted")


@pytest.mark.parametrize(
    ("month", "year", "last_moment"),
    [
        # UTC-12, where a day ends last, is 12 hours behind: the day ends at noon of the next day in UTC.
        (6, 2026, datetime(2026, 6, 30, 23, 59, 59, tzinfo=timezone(timedelta(hours=-12)))),
        (12, 2026, datetime(2027, 1, 1, 11, 59, 59, tzinfo=UTC)),
        (2, 2028, datetime(2028, 3, 1, 11, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_card_is_good_through_the_last_second_of_its_month_at_utc_minus_12(
    month: int, year: int, last_moment: datetime
) -> None:
    assert Ok(Expiry(month, year)) == Expiry.create(month, year, last_moment)
    assert Ok(Expiry(month, year)) == Expiry.create(month, year, last_moment + timedelta(seconds=0.999))
    expired = Err(Invalid(InvalidCode.EXPIRED_CARD, "The card has expired."))
    assert expired == Expiry.create(month, year, last_moment + timedelta(seconds=1))


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_of_the_year_is_read(month: int) -> None:
    assert Ok(month) == expiry_month(month)


@pytest.mark.parametrize("raw", [0, 13, -1, 10**18, True, 6.0, "6", "06", None, [6]], ids=repr)
def test_what_is_no_month_is_refused(raw: object) -> None:
    detail = "The expiry month must be an integer from 1 to 12."
    assert Err(Invalid(InvalidCode.INVALID_EXPIRY_DATE, detail)) == expiry_month(raw)


@pytest.mark.parametrize("year", [1000, 2025, 2026, 2076])
def test_a_year_of_four_digits_is_read_up_to_fifty_ahead(year: int) -> None:
    assert Ok(year) == expiry_year(year, NOW)


@pytest.mark.parametrize("raw", [0, 26, 999, 2077, 10**18, True, 2026.0, "2026", None], ids=repr)
def test_what_is_no_year_is_refused(raw: object) -> None:
    detail = "The expiry year must be an integer of four digits, at most 2076."
    assert Err(Invalid(InvalidCode.INVALID_EXPIRY_DATE, detail)) == expiry_year(raw, NOW)
