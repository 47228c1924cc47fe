"""A card number and a CVV that are planted everywhere, and found in whatever form they come out again.

Of the number twelve digits in a row are enough, as for what keeps card numbers out of the logs. A CVV of
four digits would be met by chance in times, sizes and digests, so it is looked for as a number of its own
only, in no longer run of hexadecimal digits and not as decimals; `evidence` also masks what counts up.
"""

import base64
import re
from collections.abc import Iterator
from urllib.parse import quote_plus, unquote_to_bytes

from attrs import frozen

CARD, CVV = "374918635207773", "7391"
GROUPED = ("3749 186352 07773", "3749-186352-07773", "3749 1863 5207 773", "3749-1863-5207-773")
SPELLINGS = (CARD, *GROUPED)
FEWEST_DIGITS = 12
AROUND = 60

# White space and dashes of Unicode too, as bytes, as percent-encoding, or as JSON and logs escape them; NUL
# is what UTF-16 and UTF-32 have between ASCII characters.
_BETWEEN = (
    rb"(?:[\s\x00+-]|%20|%2[dD]|%0[aAdD]|\\+[tnr]|\\+u00[02][0-9aAdD]|\xc2\xa0|\xe2\x80[\x80-\x95]|\xe2\x88\x92"
    rb"|\\+u20[01][0-9a-f]|\\+u2212|\\+x(?:a0|00)){0,8}"
)
_WINDOWS = [CARD[begin : begin + FEWEST_DIGITS] for begin in range(len(CARD) - FEWEST_DIGITS + 1)]
# In each of those windows, so one search tells that none is there.
_CORE = CARD[len(CARD) - FEWEST_DIGITS : FEWEST_DIGITS]


@frozen
class Sighting:
    """Which form was seen, and what stands around it."""

    form: str
    around: str

    def __str__(self) -> str:
        return f"{self.form} in {self.around}"


def _spaced(digits: str) -> re.Pattern[bytes]:
    return re.compile(_BETWEEN.join(digit.encode() for digit in digits))


def _in_hex(text: str) -> bytes:
    return rb"[\s:]?(?:\\+x|0x)?".join(b"%02x" % byte for byte in text.encode())


def _in_base64(text: str) -> Iterator[bytes]:
    """Yield what is always there of a text's base64, wherever in a longer text it stands."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + text.encode())
        first, whole = (before * 8 + 5) // 6, (before + len(text)) * 8 // 6
        yield encoded[first:whole]


_CORE_DIGITS = _spaced(_CORE)
_DIGITS = [_spaced(window) for window in _WINDOWS]
_REACH = len(CARD) * 8
_HEX = re.compile(b"|".join(_in_hex(text) for text in SPELLINGS), re.IGNORECASE)
_BASE64 = [needle for text in SPELLINGS for needle in _in_base64(text)]
_BINARY = [int(CARD).to_bytes(7, order) for order in ("big", "little")]
# The digits first and then what stands before them, which is ten times as fast.
_CVV = re.compile(rb"7391(?<![0-9A-Fa-f.]7391)(?![0-9A-Fa-f])")
_CVV_ENCODED = re.compile(
    rb"37%b(?![0-9A-Fa-f])|NzM5MQ(?<![0-9A-Za-z+/]NzM5MQ)(?![0-9A-Za-z+/])|7\0{1,3}3\0{1,3}9\0{1,3}1"
    % _in_hex(CVV)[2:]
)


def card_sightings(data: bytes) -> Iterator[Sighting]:
    """Yield where the card number is, in digits, hexadecimal, base64, binary or percent-encoded."""
    for found in _CORE_DIGITS.finditer(data):
        near = data[max(found.start() - _REACH, 0) : found.end() + _REACH]
        if any(window.search(near) for window in _DIGITS):
            yield _sighting("card number", data, found.start())
    if found_in_hex := _HEX.search(data):
        yield _sighting("card number in hexadecimal", data, found_in_hex.start())
    for form, needles in (("base64", _BASE64), ("binary", _BINARY)):
        for needle in needles:
            if (at := data.find(needle)) >= 0:
                yield _sighting(f"card number in {form}", data, at)
    if b"%3" in data and (decoded := unquote_to_bytes(data)) != data:
        yield from (Sighting(f"percent-encoded {one.form}", one.around) for one in card_sightings(decoded))


def cvv_sightings(data: bytes) -> Iterator[Sighting]:
    """Yield where the CVV is, as a number of its own. Mask before what may be the same by chance."""
    for pattern, form in ((_CVV, "CVV"), (_CVV_ENCODED, "CVV encoded")):
        yield from (_sighting(form, data, found.start()) for found in pattern.finditer(data))
    if b"%37" in data and (decoded := unquote_to_bytes(data)) != data:
        yield from (Sighting(f"percent-encoded {one.form}", one.around) for one in cvv_sightings(decoded))


def _sighting(form: str, data: bytes, at: int) -> Sighting:
    return Sighting(form, repr(data[max(at - AROUND, 0) : at + AROUND]))


def forms_of(text: str) -> dict[str, bytes]:
    """Return a text in every form that is looked for."""
    plain = text.encode()
    return {
        "plain": plain,
        "hexadecimal": plain.hex().encode(),
        "hexadecimal in capitals": plain.hex(":").upper().encode(),
        "escaped bytes": "".join(f"\\x{byte:02x}" for byte in plain).encode(),
        "base64": base64.b64encode(plain),
        "base64, one before": base64.b64encode(b"(" + plain + b")")[1:-3],
        "base64, two before": base64.b64encode(b"((" + plain + b"))")[2:-3],
        "percent-encoded": "".join(f"%{byte:02X}" for byte in plain).encode(),
        "form": quote_plus(text).encode(),
        "UTF-16": text.encode("utf-16-le"),
        "UTF-16, big-endian": text.encode("utf-16-be"),
        "UTF-32": text.encode("utf-32-le"),
    }
