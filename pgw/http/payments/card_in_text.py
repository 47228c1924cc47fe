"""Finds card numbers in texts, which are kept and shown in clear (PCI DSS 3.5.1)."""

import unicodedata

from pgw.domain.card import LONGEST_NUMBER, SHORTEST_NUMBER, CardNumber, MaskedCard
from pgw.domain.result import Ok

MOST_JUDGED = 64  # numbers, of eight lengths in eight places; each takes some 50 µs


def digits_of(text: str) -> str:
    """Return a text's digits of any script in ASCII, however they are spaced."""
    return "".join(str(unicodedata.decimal(one)) for one in text if one.isdecimal())


def holds_number_of(card: MaskedCard, text: str) -> bool:
    """Tell whether a text holds a number that can be this card's.

    Of the card only the brand and the last four digits are known by now; a number of that brand ends with
    them, and has its length and its check digit. A text in which they stand in more places than can be
    judged at once is taken to hold it.
    """
    candidates = _numbers_ending_with(card.last_four, digits_of(text))
    if len(candidates) > MOST_JUDGED:
        return True
    return any(CardNumber.create(one) == Ok(CardNumber(one, card.brand)) for one in candidates)


def _numbers_ending_with(last_four: str, digits: str) -> dict[str, None]:
    """Return each number of a card's length among the digits once, as a set that keeps its order."""
    return {
        digits[end - length : end]: None
        for end in range(SHORTEST_NUMBER, len(digits) + 1)
        if digits.endswith(last_four, 0, end)
        for length in range(SHORTEST_NUMBER, min(end, LONGEST_NUMBER) + 1)
    }
