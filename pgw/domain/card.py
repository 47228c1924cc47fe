"""Cards: the number, the CVV and the expiry date as typed by a cardholder.

The number and the CVV live in memory only (PCI DSS 3.3.1): neither has a telling repr, and what is kept of
a card is a `MaskedCard`.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum

from attrs import field, frozen
from stdnum import luhn

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.result import Err, Ok, Result

YEARS_AHEAD = 50
SHORTEST_NUMBER, LONGEST_NUMBER = 12, 19  # digits
_DIGITS = re.compile(rf"[0-9]{{{SHORTEST_NUMBER},{LONGEST_NUMBER}}}", re.ASCII)
_SEPARATORS = str.maketrans("", "", " -")
_THREE_DIGITS = re.compile(r"[0-9]{3}", re.ASCII)
_FOUR_DIGITS = re.compile(r"[0-9]{4}", re.ASCII)


class Brand(StrEnum):
    VISA = "visa"
    MASTERCARD = "mastercard"
    AMERICAN_EXPRESS = "amex"
    DISCOVER = "discover"
    DINERS_CLUB = "diners"
    JCB = "jcb"
    UNION_PAY = "unionpay"
    MAESTRO = "maestro"
    UNKNOWN = "unknown"


@frozen
class _Range:
    """Numbers of one brand, by issuer identification number (ISO/IEC 7812)."""

    brand: Brand
    prefixes: re.Pattern[str]
    lengths: frozenset[int]
    luhn: bool = True


def _range(brand: Brand, prefixes: str, *lengths: int, check_digit: bool = True) -> _Range:
    return _Range(brand, re.compile(prefixes), frozenset(lengths), check_digit)


_RANGES = (
    _range(Brand.VISA, "4", 13, 16, 19),
    _range(Brand.MASTERCARD, "5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", 16),
    _range(Brand.AMERICAN_EXPRESS, "3[47]", 15),
    _range(Brand.JCB, "352[89]|35[3-8]", *range(16, 20)),
    _range(Brand.DINERS_CLUB, "30[0-5]|3095|36|3[89]", *range(14, 20)),
    _range(Brand.DISCOVER, "6011|64[4-9]|65", *range(16, 20)),
    # Some of its numbers were issued without a check digit.
    _range(Brand.UNION_PAY, "62|81[0-6]|817[01]", *range(16, 20), check_digit=False),
    _range(Brand.MAESTRO, "50|5[6-9]|6", *range(12, 20)),
    _range(Brand.UNKNOWN, "", *range(12, 20)),
)


@frozen
class CardNumber:
    """A primary account number (ISO/IEC 7812): digits only, never shown."""

    digits: str = field(repr=False)
    brand: Brand

    @staticmethod
    def create(raw: object) -> "Result[CardNumber, Invalid]":
        """Read a number as a cardholder writes it, with spaces or dashes anywhere."""
        if not isinstance(raw, str):
            return _invalid(InvalidCode.INVALID_CARD_NUMBER, "The card number must be a string of digits.")
        digits = raw.translate(_SEPARATORS)
        if not _DIGITS.fullmatch(digits):
            return _invalid(InvalidCode.INVALID_CARD_NUMBER, "The card number must have 12 to 19 digits.")
        issued = next(one for one in _RANGES if one.prefixes.match(digits))
        if len(digits) not in issued.lengths:
            detail = f"No {issued.brand} card number has {len(digits)} digits."
            return _invalid(InvalidCode.INVALID_CARD_NUMBER, detail)
        if issued.luhn and not luhn.is_valid(digits):
            return _invalid(InvalidCode.INVALID_CARD_NUMBER, "The card number's check digit is wrong.")
        return Ok(CardNumber(digits, issued.brand))

    @property
    def last_four(self) -> str:
        return self.digits[-4:]


@frozen
class Cvv:
    """A card verification value: 4 digits for American Express, 3 for the others. Never written anywhere."""

    digits: str = field(repr=False)

    @staticmethod
    def create(raw: object, brand: Brand | None) -> "Result[Cvv, Invalid]":
        """Read a CVV; where the number was no good and the brand is unknown, either length is let pass."""
        if isinstance(raw, str):
            if brand is not Brand.AMERICAN_EXPRESS and _THREE_DIGITS.fullmatch(raw):
                return Ok(Cvv(raw))
            if brand in {Brand.AMERICAN_EXPRESS, None} and _FOUR_DIGITS.fullmatch(raw):
                return Ok(Cvv(raw))
        length = "3 digits, or 4 for American Express" if brand is None else "3 digits"
        length = "4 digits for American Express" if brand is Brand.AMERICAN_EXPRESS else length
        return _invalid(InvalidCode.INVALID_CVV, f"The CVV must be a string of {length}.")


@frozen
class Expiry:
    """The month in which a card expires; it is good through that month's last day."""

    month: int
    year: int

    @staticmethod
    def create(month: int, year: int, now: datetime) -> "Result[Expiry, Invalid]":
        """Judge a month and a year that were judged each by itself."""
        expiry = Expiry(month, year)
        if now >= expiry.ends_at:
            return _invalid(InvalidCode.EXPIRED_CARD, "The card has expired.")
        return Ok(expiry)

    @property
    def ends_at(self) -> datetime:
        """When the card's last day ends where it ends last: at UTC-12, which is noon of the next in UTC."""
        following = (self.year + 1, 1) if self.month == 12 else (self.year, self.month + 1)  # noqa: PLR2004
        return datetime(*following, 1, 12, tzinfo=UTC)


def expiry_month(raw: object) -> Result[int, Invalid]:
    if type(raw) is not int or not 1 <= raw <= 12:  # noqa: PLR2004
        return _invalid(InvalidCode.INVALID_EXPIRY_DATE, "The expiry month must be an integer from 1 to 12.")
    return Ok(raw)


def expiry_year(raw: object, now: datetime) -> Result[int, Invalid]:
    last = now.year + YEARS_AHEAD
    if type(raw) is not int or not 1000 <= raw <= last:  # noqa: PLR2004
        detail = f"The expiry year must be an integer of four digits, at most {last}."
        return _invalid(InvalidCode.INVALID_EXPIRY_DATE, detail)
    return Ok(raw)


@frozen
class MaskedCard:
    """What is kept and shown of a card."""

    last_four: str
    brand: Brand
    expiry: Expiry


@frozen
class Card:
    """A card as it is sent to the bank; in memory only."""

    number: CardNumber
    cvv: Cvv
    expiry: Expiry
    holder_name: str | None = field(default=None, repr=False)

    @property
    def masked(self) -> MaskedCard:
        return MaskedCard(self.number.last_four, self.number.brand, self.expiry)


def _invalid(code: InvalidCode, detail: str) -> Err[Invalid]:
    return Err(Invalid(code, detail))
