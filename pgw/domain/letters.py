"""Numbers spelled with the letters a to p: without a digit no text is ever taken for a card number."""

_HEX_TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_LETTERS_TO_HEX = str.maketrans("abcdefghijklmnop", "0123456789abcdef")
LETTERS = frozenset("abcdefghijklmnop")


def in_letters(number: int, length: int) -> str:
    """Spell a number with at least so many letters; those of one length sort as their numbers do."""
    return f"{number:0{length}x}".translate(_HEX_TO_LETTERS)


def from_letters(text: str) -> int:
    """Read what `in_letters` spelled."""
    return int(text.translate(_LETTERS_TO_HEX), 16)
