"""Finds card numbers in texts, which are kept and shown in clear (PCI DSS 3.5.1)."""

import unicodedata

from pgw.domain.card import LONGEST_NUMBER, SHORTEST_NUMBER, CardNumber, MaskedCard
from pgw.domain.result import Ok


def digits_of(text: str) -> str:
    """Return a text's digits of any script in ASCII, however they are spaced."""
    return "".join(str(unicodedata.decimal(one)) for one in text if one.isdecimal())


def holds_number_of(card: MaskedCard, text: str) -> bool:
    """Tell whether a text holds a number that can be this card's.

    Of the card only the brand and the last four digits are known by now; a number of that brand ends with
    them, and has its length and its check digit.
    """
    digits = digits_of(text)
    ends = [end for end in range(SHORTEST_NUMBER, len(digits) + 1) if digits.endswith(card.last_four, 0, end)]
    return any(
        CardNumber.create(digits[end - length : end])
        == Ok(CardNumber(digits[end - length : end], card.brand))
        for end in ends
        for length in range(SHORTEST_NUMBER, min(end, LONGEST_NUMBER) + 1)
    )
