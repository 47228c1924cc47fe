"""structlog, set up once: one JSON object a line, or lines for people; card data cannot pass."""

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from ipaddress import IPv6Address
from typing import Any

import structlog

REDACTED = "[redacted]"
_ENCODER = json.JSONEncoder(separators=(",", ":"), default=str)
# 12 digits or more of any script, however spaced or dashed: no check digit is asked for, since a mistyped
# number is nearly one. Other separators count between groups as printed on a card, so that an address or a
# time is none. A UUID may have as many digits and is let pass.
_LOOKS_LIKE_A_CARD = re.compile(
    r"(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)"
    r"|\d(?:[\s\u2010-\u2015\u2212-]*\d){11,}"
    r"|\d{4}(?:[^0-9A-Za-z]{1,3}\d{4}){2}[^0-9A-Za-z]{1,3}\d{1,7}"
    r"|\d{4}[^0-9A-Za-z]{1,3}\d{6}[^0-9A-Za-z]{1,3}\d{4,5}"
)
# Of keys, of tickets for streams, and of webhooks.
_LOOKS_LIKE_A_SECRET = re.compile(r"pgw_s[kt]_[0-9A-Za-z]+|whsec_[0-9A-Za-z+/=]+")


def redacted(text: str) -> str:
    """Return the text without what looks like a card number (12 digits or more) or a secret of ours."""
    if len(text) < 12:  # noqa: PLR2004
        return text
    if "pgw_s" in text or "whsec_" in text:
        text = _LOOKS_LIKE_A_SECRET.sub(REDACTED, text)
    return _LOOKS_LIKE_A_CARD.sub(lambda found: found["uuid"] or REDACTED, text)


def _add_level(_logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["Level"] = method
    return event


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redact every text and integer of a log event, however deep. The names at the top are ours."""
    for key, value in event.items():
        event[key] = _redacted_value(value)
    return event


def _redacted_value(value: object) -> object:
    match value:
        case str() | IPv6Address():
            # An address that was read as one is no text of a caller's, and may look like a card number.
            return redacted(value) if isinstance(value, str) else str(value)
        case None | bool():
            return value
        case int() | float():
            return value if abs(value) < 10**11 else redacted(str(value))
        case Mapping():
            return {redacted(str(key)): _redacted_value(one) for key, one in value.items()}
        case list() | tuple():
            return [_redacted_value(one) for one in value]
        case _:
            return redacted(str(value))


def set_up(level: str, log_format: str) -> None:
    """Log to standard error at `level`; `json`, `console`, or `auto`: for people on a terminal, else JSON."""
    for_people = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_level,
            structlog.processors.TimeStamper("iso", utc=True, key="Timestamp"),
            structlog.processors.EventRenamer("Message"),
            structlog.processors.format_exc_info,
            redact,
            *([_level_as_the_console_knows_it, _console()] if for_people else [_as_json_line]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # What libraries say by the standard library goes the same way; none of them is asked for detail.
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[_ToStructlog()], force=True)


class _Lines(structlog.WriteLogger):
    """Writes lines, and loses one rather than the process where nobody reads them or the disk is full."""

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warning = error = critical = exception = msg


def _console() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(event_key="Message", timestamp_key="Timestamp")


def _level_as_the_console_knows_it(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event["level"] = event.pop("Level")
    return event


def _as_json_line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    first = {name: event.pop(name) for name in ("Timestamp", "Level", "Message")}
    return _ENCODER.encode({**first, **event})


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            # structlog knows the five levels only.
            min(record.levelno // 10 * 10, logging.CRITICAL),
            "LibraryMessage",
            Logger=record.name,
            Text=record.getMessage(),
            exc_info=record.exc_info,
        )
