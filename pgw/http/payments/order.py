"""A pay request, from JSON to a `PaymentOrder`, or all that is wrong with it at once."""

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pgw.bank.port import BankFeature
from pgw.domain.card import Card, CardNumber, Cvv, Expiry, expiry_month, expiry_year
from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.money import Currency, Money, positive_amount
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Err, Ok, Result
from pgw.http.documents import missing, unknown_members
from pgw.http.members import InvalidMembers, is_text

LONGEST_DESCRIPTION = 255
LONGEST_REFERENCE = 64
LONGEST_HOLDER_NAME = 255
MOST_METADATA = 20
LONGEST_METADATA_KEY = 40
LONGEST_METADATA_VALUE = 200

_MEMBERS = ("amount", "currency", "description", "reference", "capture", "metadata", "card")
_CARD_MEMBERS = ("number", "cvv", "expiryMonth", "expiryYear", "holderName")


def read_order(
    document: Mapping[str, Any], now: datetime, features: frozenset[BankFeature]
) -> Result[PaymentOrder, list[Invalid]]:
    """Read an order that is valid, and that this bank can take; or list every invalid field."""
    problems = InvalidMembers()
    amount = _amount(document, problems)
    number, card = _card(document, now, problems)
    description = problems.text(document, "description", LONGEST_DESCRIPTION)
    reference = problems.text(document, "reference", LONGEST_REFERENCE)
    capture = document.get("capture", True)
    if not isinstance(capture, bool):
        problems.add("#/capture", "This member must be true or false.")
    elif not capture and BankFeature.CAPTURE_LATER not in features:
        detail = "This bank charges at once and cannot capture later."
        problems.add("#/capture", detail, InvalidCode.CAPTURE_NOT_SUPPORTED)
    metadata = _metadata(document, problems)
    problems.found += unknown_members(document, _MEMBERS)
    if number is not None:
        _keep_card_out_of_texts(number, document, problems)
    if problems.found or amount is None or card is None:
        return Err(problems.found)
    return Ok(PaymentOrder(amount, card, capture, description, reference, metadata))


def _amount(document: Mapping[str, Any], problems: InvalidMembers) -> Money | None:
    if "amount" not in document:
        problems.found.append(missing("#/amount"))
    currency = None
    if "currency" not in document:
        problems.found.append(missing("#/currency"))
    else:
        currency = problems.take(Currency.create(document["currency"]), "#/currency")
    if "amount" not in document:
        return None
    if currency is None:
        problems.take(positive_amount(document["amount"]), "#/amount")
        return None
    return problems.take(Money.create(document["amount"], currency), "#/amount")


def _card(
    document: Mapping[str, Any], now: datetime, problems: InvalidMembers
) -> tuple[CardNumber | None, Card | None]:
    """Return the number if it is valid, and the card if all of it is."""
    card = document.get("card")
    if "card" not in document:
        problems.found.append(missing("#/card"))
        return None, None
    if not isinstance(card, dict):
        problems.add("#/card", "This member must be an object.")
        return None, None
    required = ("number", "cvv", "expiryMonth", "expiryYear")
    absent = [name for name in required if name not in card]
    problems.found += [missing(f"#/card/{name}") for name in absent]
    number = cvv = None
    if "number" in card:
        number = problems.take(CardNumber.create(card["number"]), "#/card/number")
    if "cvv" in card:
        cvv = problems.take(Cvv.create(card["cvv"], number.brand if number else None), "#/card/cvv")
    expiry = _expiry(card, now, problems)
    holder_name = problems.text(card, "holderName", LONGEST_HOLDER_NAME, "#/card")
    problems.found += unknown_members(card, _CARD_MEMBERS, "#/card")
    if number is None or cvv is None or expiry is None:
        return number, None
    return number, Card(number, cvv, expiry, holder_name)


def _expiry(card: Mapping[str, Any], now: datetime, problems: InvalidMembers) -> Expiry | None:
    month = year = None
    if "expiryMonth" in card:
        month = problems.take(expiry_month(card["expiryMonth"]), "#/card/expiryMonth")
    if "expiryYear" in card:
        year = problems.take(expiry_year(card["expiryYear"], now), "#/card/expiryYear")
    if month is None or year is None:
        return None
    return problems.take(Expiry.create(month, year, now), "#/card/expiryMonth")


def _metadata(document: Mapping[str, Any], problems: InvalidMembers) -> Mapping[str, str]:
    metadata = document.get("metadata", {})
    if not isinstance(metadata, dict):
        problems.add("#/metadata", "This member must be an object.")
        return {}
    if len(metadata) > MOST_METADATA:
        problems.add("#/metadata", f"This member may have at most {MOST_METADATA} members.")
    if not all(is_text(name, LONGEST_METADATA_KEY) for name in metadata):
        detail = f"The names in this member may have at most {LONGEST_METADATA_KEY} characters."
        problems.add("#/metadata", detail)
    if not all(is_text(value, LONGEST_METADATA_VALUE) for value in metadata.values()):
        detail = f"The values in this member must be strings of at most {LONGEST_METADATA_VALUE} characters."
        problems.add("#/metadata", detail)
    return metadata


def _keep_card_out_of_texts(
    number: CardNumber, document: Mapping[str, Any], problems: InvalidMembers
) -> None:
    """Refuse texts that hold this very card's number, however it is spaced: they are kept in clear."""
    for name in ("description", "reference", "metadata"):
        for text in _texts(document.get(name)):
            if number.digits in _digits(text):
                detail = "This text contains the card number."
                problems.add(f"#/{name}", detail, InvalidCode.CARD_DATA_IN_TEXT)
                break


def _digits(text: str) -> str:
    """Return a text's digits of any script in ASCII."""
    return "".join(str(unicodedata.decimal(one)) for one in text if one.isdecimal())


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for text in pair if isinstance(text, str))
