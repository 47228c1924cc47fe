"""How an API key is spelled: `pgw_sk_`, 256 random bits, and a checksum, in letters and digits.

By the prefix a scanner of repositories and logs finds it; by the checksum it, and whoever mistyped one, can
tell without asking anybody that it is none.
"""

from zlib import crc32

PREFIX = "pgw_sk_"
RANDOM_BITS = 256
RANDOM_CHARACTERS = 43  # 62 ** 43 is just above 2 ** 256
CHECKSUM_CHARACTERS = 6  # of 32 bits
HINT_CHARACTERS = 4
LENGTH = len(PREFIX) + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def spelled(bits: int) -> str:
    """Return the key of so many random bits (`RANDOM_BITS`)."""
    body = PREFIX + _base62(bits, RANDOM_CHARACTERS)
    return body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Tell whether a text can be a key. No key is, once any one character of it is another."""
    body, checksum = text[:-CHECKSUM_CHARACTERS], text[-CHECKSUM_CHARACTERS:]
    sound = len(text) == LENGTH and text.isascii() and text.startswith(PREFIX)
    return sound and checksum == _checksum(body)


def hint_of(key: str) -> str:
    """Return the last characters of a key, to know it by in a list. They are of its checksum."""
    return key[-HINT_CHARACTERS:]


def _checksum(body: str) -> str:
    return _base62(crc32(body.encode()), CHECKSUM_CHARACTERS)


def _base62(number: int, characters: int) -> str:
    digits = []
    for _ in range(characters):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    assert number == 0, "a number of more bits than there is room for"
    return "".join(reversed(digits))
