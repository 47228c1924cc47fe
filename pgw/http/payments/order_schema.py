"""The schema of a pay request: what of `order.py` can be said without a clock, a bank and a check digit."""

from typing import Any

from pgw.domain.card import LONGEST_NUMBER, SHORTEST_NUMBER
from pgw.domain.money import DECIMAL_TEXT, LARGEST_MINOR_UNITS
from pgw.http.docs.operation import closed, schema
from pgw.http.payments.order import (
    LONGEST_DESCRIPTION,
    LONGEST_HOLDER_NAME,
    LONGEST_METADATA_KEY,
    LONGEST_METADATA_VALUE,
    LONGEST_REFERENCE,
    MOST_METADATA,
)

_NO_NUL = "^[^\\u0000]*$"


def text(longest: int, description: str, *examples: str) -> dict[str, Any]:
    return {
        "type": ["string", "null"],
        "maxLength": longest,
        "pattern": _NO_NUL,
        "description": description,
        "examples": list(examples),
    }


CARD = closed(
    {
        "number": {
            "type": "string",
            "pattern": f"^[ -]*([0-9][ -]*){{{SHORTEST_NUMBER},{LONGEST_NUMBER}}}$",
            "description": "Spaces and dashes are ignored. It has the length and the check digit of its "
            "brand.",
            "examples": ["4242 4242 4242 4242"],
        },
        "cvv": {
            "type": "string",
            "pattern": "^[0-9]{3,4}$",
            "description": "4 digits for American Express, 3 for the others. It is never written anywhere.",
            "examples": ["123"],
        },
        "expiryMonth": {"type": "integer", "minimum": 1, "maximum": 12, "examples": [11]},
        "expiryYear": {
            "type": "integer",
            "minimum": 1000,
            "maximum": 9999,
            "description": "Four digits, at most 50 years ahead. The card is good through the last day of "
            "the month, where that day ends last.",
            "examples": [2034],
        },
        "holderName": text(LONGEST_HOLDER_NAME, "As it stands on the card.", "Ada Lovelace"),
    },
    optional=("holderName",),
)

ORDER = closed(
    {
        "amount": {
            "type": ["number", "string"],
            "exclusiveMinimum": 0,
            "maximum": LARGEST_MINOR_UNITS,
            "pattern": f"^(?=.*[1-9]){DECIMAL_TEXT.pattern}$",
            "description": "In major units, a number or a string, read as an exact decimal. More than 0, "
            "with no more decimals than the currency has (JPY 0, EUR 2, KWD 3), and at most 12 digits in "
            "minor units.",
            "examples": [10.5, "10.50"],
        },
        "currency": schema("Currency"),
        "description": text(LONGEST_DESCRIPTION, "Your own words.", "Order 17"),
        "reference": text(LONGEST_REFERENCE, "Your own, and need not be unique.", "order-17"),
        "capture": {
            "type": "boolean",
            "default": True,
            "description": "False reserves the money and does not take it yet.",
        },
        "metadata": {
            "type": "object",
            "maxProperties": MOST_METADATA,
            "propertyNames": {"maxLength": LONGEST_METADATA_KEY, "pattern": _NO_NUL},
            "additionalProperties": {
                "type": "string",
                "maxLength": LONGEST_METADATA_VALUE,
                "pattern": _NO_NUL,
            },
            "description": "Whatever you want to find with the payment; never card data.",
            "examples": [{"basket": "b-17"}],
        },
        "card": schema("Card"),
    },
    optional=("description", "reference", "capture", "metadata"),
)

EXAMPLES = {
    "Approved": {
        "summary": "A card that is approved",
        "value": {
            "amount": 10.5,
            "currency": "EUR",
            "description": "Order 17",
            "reference": "order-17",
            "card": {"number": "4242 4242 4242 4242", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034},
        },
    },
    "Declined": {
        "summary": "A card that is declined",
        "value": {
            "amount": "10.50",
            "currency": "EUR",
            "card": {"number": "4000 0000 0000 0002", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034},
        },
    },
    "Authorized": {
        "summary": "Reserved, to be captured later",
        "value": {
            "amount": 1500,
            "currency": "JPY",
            "capture": False,
            "metadata": {"basket": "b-17"},
            "card": {
                "number": "3782 822463 10005",
                "cvv": "1234",
                "expiryMonth": 11,
                "expiryYear": 2034,
                "holderName": "Ada Lovelace",
            },
        },
    },
    "Unknown": {
        "summary": "The bank takes the money and loses the answer: Unknown until it is looked up",
        "value": {
            "amount": 10.5,
            "currency": "EUR",
            "card": {"number": "4000 0099 0000 0038", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034},
        },
    },
}
