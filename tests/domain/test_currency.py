from decimal import Decimal

import pytest
from iso4217 import Currency as Iso4217

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.money import Currency
from pgw.domain.result import Err, Ok

# ISO 4217, list one: the active currencies whose minor unit is not the hundredth.
UNCOMMON = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
COMMON = "EUR USD GBP CHF SEK NOK DKK PLN CZK HUF TRY CAD AUD NZD INR CNY HKD SGD BRL MXN ZAR AED"


def of(code: str) -> Currency:
    match Currency.create(code):
        case Ok(currency):
            return currency
        case Err(invalid):
            pytest.fail(f"{code}: {invalid.detail}")


@pytest.mark.parametrize(("exponent", "codes"), [*UNCOMMON.items(), (2, COMMON)])
def test_a_currency_has_the_decimals_of_iso_4217(exponent: int, codes: str) -> None:
    assert [(code, exponent) for code in codes.split()] == [
        (code, of(code).exponent) for code in codes.split()
    ]


def test_every_active_currency_with_minor_units_is_accepted() -> None:
    active = {one.code for one in Iso4217 if one.exponent is not None}
    assert len(active) > 150
    assert active == {of(code).code for code in active}


def test_no_other_currency_has_more_or_fewer_decimals_than_two() -> None:
    uncommon = {code for codes in UNCOMMON.values() for code in codes.split()}
    assert uncommon == {one.code for one in Iso4217 if one.exponent not in {None, 2}}


WITHDRAWN = "HRK DEM FRF ITL VEF ZWL SLL CUC"
WITHOUT_MINOR_UNITS = "XXX XTS XAU XAG XPT XPD XDR XSU XUA XBA"
NO_CODES = ["eur", "Eur", "EUR ", " EUR", "EU", "EURO", "", "978", "\u20ac", "\uff25\uff35\uff32", "BTC"]
NO_TEXTS = [978, None, True, ["EUR"], {"EUR": 1}, b"EUR"]


@pytest.mark.parametrize(
    "raw", [*WITHDRAWN.split(), *WITHOUT_MINOR_UNITS.split(), *NO_CODES, *NO_TEXTS], ids=ascii
)
def test_what_is_no_active_currency_is_refused(raw: object) -> None:
    detail = "The currency must be the three capital letters of an active ISO 4217 code, such as EUR."
    assert Err(Invalid(InvalidCode.INVALID_CURRENCY, detail)) == Currency.create(raw)


@pytest.mark.parametrize(
    ("code", "minor_units", "shown"),
    [
        ("EUR", 1050, "10.50"),
        ("EUR", 5, "0.05"),
        ("EUR", 0, "0.00"),
        ("JPY", 1050, "1050"),
        ("JPY", 0, "0"),
        ("KWD", 1050, "1.050"),
        ("KWD", 0, "0.000"),
        ("CLF", 1, "0.0001"),
        ("JPY", 999_999_999_999, "999999999999"),
        ("EUR", 999_999_999_999, "9999999999.99"),
    ],
)
def test_minor_units_are_shown_with_exactly_the_currencys_decimals(
    code: str, minor_units: int, shown: str
) -> None:
    assert shown == str(of(code).major(minor_units))
    assert Decimal(shown) == of(code).major(minor_units)
