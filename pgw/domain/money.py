"""Amounts: exact decimals of an active ISO 4217 currency, kept in minor units."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import iso4217
from attrs import frozen

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.result import Err, Ok, Result

LARGEST_MINOR_UNITS = 10**12 - 1
DECIMAL_TEXT = re.compile(r"[0-9]{1,24}(\.[0-9]{1,24})?", re.ASCII)


@frozen
class Currency:
    """An active ISO 4217 currency and the number of its decimals (JPY 0, EUR 2, KWD 3)."""

    code: str
    exponent: int

    @staticmethod
    def create(raw: object) -> "Result[Currency, Invalid]":
        currency = _currencies().get(raw) if isinstance(raw, str) else None
        if currency is None:
            detail = "The currency must be the three capital letters of an active ISO 4217 code, such as EUR."
            return Err(Invalid(InvalidCode.INVALID_CURRENCY, detail))
        return Ok(currency)

    def major(self, minor_units: int) -> Decimal:
        """Return minor units as an amount with exactly this currency's decimals, as answers show it."""
        return Decimal(minor_units).scaleb(-self.exponent)


@frozen
class Money:
    """An amount in the minor units of its currency (cents for EUR, yen for JPY)."""

    minor_units: int
    currency: Currency

    @staticmethod
    def create(raw: object, currency: Currency) -> "Result[Money, Invalid]":
        """Read an amount in major units: an int, a `Decimal`, or a string of ASCII digits.

        Its size is judged before any conversion, since `1e1000000` as an integer stops a process for
        seconds. Trailing zeros are no decimals: 1.0 JPY is one yen.
        """
        match positive_amount(raw):
            case Err() as invalid:
                return invalid
            case Ok(amount):
                pass
        if amount.adjusted() + currency.exponent >= len(str(LARGEST_MINOR_UNITS)):
            return _invalid("The amount is too large: it may have at most 12 digits in minor units.")
        # Rounding may lose digits, comparing does not: what was lost shows, however long or small it is.
        rounded = amount.quantize(currency.major(1))
        if rounded != amount:
            return _invalid(f"{currency.code} has {currency.exponent} decimals; the amount has more.")
        return Ok(Money(int(rounded.scaleb(currency.exponent)), currency))

    @property
    def major_units(self) -> Decimal:
        return self.currency.major(self.minor_units)


def positive_amount(raw: object) -> Result[Decimal, Invalid]:
    """Judge what of an amount can be judged without its currency."""
    amount = _decimal(raw)
    if amount is None:
        return _invalid("The amount must be a decimal number, or a string of one, such as 10.50.")
    if amount <= 0:
        return _invalid("The amount must be more than 0.")
    return Ok(amount)


def _decimal(raw: object) -> Decimal | None:
    match raw:
        case bool():
            return None
        case int():
            return Decimal(raw)
        case Decimal():
            return raw if raw.is_finite() else None
        case str() if DECIMAL_TEXT.fullmatch(raw):
            return Decimal(raw)
        case _:
            return None


def _invalid(detail: str) -> Err[Invalid]:
    return Err(Invalid(InvalidCode.INVALID_AMOUNT, detail))


def currency_codes() -> tuple[str, ...]:
    """Return the codes of all currencies that money can be paid in, in the order of letters."""
    return tuple(sorted(currency.code for currency in _currencies().values()))


@cache
def _currencies() -> Mapping[object, Currency]:
    """All currencies that money can be paid in: those of ISO 4217's list of active codes with minor units.

    Precious metals, drawing rights and test codes have none.
    """
    return {
        currency.code: Currency(currency.code, currency.exponent)
        for currency in iso4217.Currency
        if currency.exponent is not None
    }
