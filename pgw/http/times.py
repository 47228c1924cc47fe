"""Times that a caller gives."""

import re
from datetime import UTC, datetime, timedelta, timezone

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))",
    re.ASCII,
)
TIME_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
_DIGITS_OF_NANOSECONDS, _IN_A_MILLISECOND = 9, 1_000_000
_LAST = datetime.max.replace(microsecond=999_000, tzinfo=UTC)


def read_time(text: str) -> datetime | None:
    """Read a time of RFC 3339, section 5.6, to the nanosecond; None for what is none, and for a leap second.

    The answer is in UTC and of whole milliseconds, the first that is not before what was given: whatever has
    a time of whole milliseconds itself is before or not before both alike. What is after the last of all that
    can be told, as the greatest time of many languages is, is that one.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    date, time, fraction, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    nanoseconds = int((fraction or "").ljust(_DIGITS_OF_NANOSECONDS, "0"))
    try:
        local = datetime.fromisoformat(f"{date}T{time}")
        given = local.replace(tzinfo=timezone(-offset if sign == "-" else offset)).astimezone(UTC)
        begun = timedelta(milliseconds=-(-nanoseconds // _IN_A_MILLISECOND))
        return min(given, _LAST - begun) + begun
    except (ValueError, OverflowError):
        return None
