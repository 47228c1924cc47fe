"""What is taken over of an endpoint's answer: its status, the beginning of its body, and how long to wait."""

import re
from datetime import UTC, datetime, timedelta

from pgw.logs import redacted
from pgw.webhooks.exchange import Headers, RawAnswer
from pgw.webhooks.port import Answered

LONGEST_SNIPPET = 500
LONGEST_RETRY_AFTER = timedelta(hours=24).total_seconds()

_SECONDS = re.compile(rb"[0-9]+")
# The one that is sent, and two that are obsolete and still accepted (RFC 9110, section 5.6.7).
_DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
_LONGEST_DATE = 40
# Controls, and what is not seen and might hide a card number by standing between its digits.
_NOT_TEXT = re.compile(
    r"[^\S \t\n]|[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)


def read(answer: RawAnswer, now: datetime) -> Answered:
    return Answered(answer.status_code, _snippet(answer), _retry_after(answer.headers, now))


def _snippet(answer: RawAnswer) -> str | None:
    if any(name.lower() == b"content-encoding" for name, _ in answer.headers):
        return None  # no coding was asked for, and none is undone: a kilobyte may hold a gigabyte
    text = _NOT_TEXT.sub(" ", answer.body.decode(errors="replace"))
    # Redacted first: half a card number would be taken for none.
    return redacted(text).strip()[:LONGEST_SNIPPET] or None


def _retry_after(headers: Headers, now: datetime) -> float | None:
    """Return the seconds to wait (RFC 9110, section 10.2.3): at most a day; None for what says nothing."""
    values = [value.strip() for name, value in headers if name.lower() == b"retry-after"]
    if len(values) != 1:
        return None
    seconds = _seconds(values[0], now)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _seconds(value: bytes, now: datetime) -> float | None:
    if _SECONDS.fullmatch(value):
        digits = value.lstrip(b"0")
        # Long before a number is too large to be one it is more than a day.
        return float(digits or 0) if len(digits) < len(str(10**9)) else LONGEST_RETRY_AFTER
    date = _date(value)
    return None if date is None else (date - now).total_seconds()


def _date(value: bytes) -> datetime | None:
    if len(value) > _LONGEST_DATE or not value.isascii():
        return None
    for spelled in _DATES:
        try:
            return datetime.strptime(value.decode(), spelled).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
