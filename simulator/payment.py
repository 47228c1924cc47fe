"""The request to pay, read from its JSON as strictly as a bank reads it."""

import hashlib
import re

import attrs
from iso4217 import Currency

from simulator.fields import MalformedError, amount_of, boolean, read_object, required

FIELDS = frozenset({"card_number", "expiry_date", "currency", "amount", "cvv", "capture"})
CARD_NUMBER = re.compile(r"[0-9]{12,19}")
EXPIRY_DATE = re.compile(r"(0[1-9]|1[0-2])/[0-9]{4}")
CVV = re.compile(r"[0-9]{3,4}")


@attrs.frozen
class Payment:
    card_number: str = attrs.field(repr=False)
    expiry_year: int
    expiry_month: int
    currency: Currency
    amount: int
    """In minor units."""
    cvv: str = attrs.field(repr=False)
    capture: bool = True

    @property
    def last_four(self) -> str:
        return self.card_number[-4:]

    def fingerprint(self, key: bytes) -> bytes:
        """Tell whether two requests are the same without keeping a card number, or anything of a CVV."""
        expiry = f"{self.expiry_month}/{self.expiry_year}"
        request = f"{self.card_number} {expiry} {self.currency.code} {self.amount} {self.capture}"
        return hashlib.blake2b(request.encode(), key=key, digest_size=16).digest()


def read_payment(body: bytes) -> Payment:
    """Read a request's body; raises MalformedError."""
    fields = read_object(body, FIELDS)
    month, year = _text(fields, "expiry_date", EXPIRY_DATE, "MM/YYYY").split("/")
    return Payment(
        card_number=_text(fields, "card_number", CARD_NUMBER, "a string of 12 to 19 digits"),
        expiry_year=int(year),
        expiry_month=int(month),
        currency=_currency(fields),
        amount=amount_of(fields),
        cvv=_text(fields, "cvv", CVV, "a string of 3 or 4 digits"),
        capture=boolean(fields, "capture", default=True),
    )


def _text(fields: dict[str, object], name: str, pattern: re.Pattern[str], wanted: str) -> str:
    text = required(fields, name, str, wanted)
    if not pattern.fullmatch(text):
        raise MalformedError(f"{name}: must be {wanted}")
    return text


def _currency(fields: dict[str, object]) -> Currency:
    code = required(fields, "currency", str, "an ISO 4217 code")
    try:
        currency = Currency(code)
    except ValueError as error:
        raise MalformedError("currency: must be an ISO 4217 code") from error
    if currency.exponent is None or currency.code != code:
        raise MalformedError("currency: must be an ISO 4217 code that money is paid in")
    return currency
