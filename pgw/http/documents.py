"""Requests in JSON, read strictly: what is not exactly understood is refused, never guessed."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.result import Err, Ok, Result
from pgw.logs import redacted

LONGEST_INTEGER_DIGITS = 18
_SURROGATE = re.compile("[\ud800-\udfff]")


class _NotJson(ValueError):
    """The message is a sentence for the caller."""


def parse(body: bytes) -> Result[dict[str, Any], str]:
    """Read one JSON object (RFC 8259), decimals exactly; `Err` says in a sentence what is wrong.

    Refuses duplicate members, NaN and infinities, nesting that exhausts the parser, and lone surrogates.
    """
    try:
        document = json.loads(
            body.decode("utf-8"),
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        return Err("The body is not UTF-8.")
    except _NotJson as error:
        return Err(str(error))
    except json.JSONDecodeError as error:
        return Err(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.")
    except RecursionError:
        return Err("The body is nested too deeply.")
    if not isinstance(document, dict):
        return Err("The body must be a JSON object.")
    return Ok(document)


def unknown_members(
    document: Mapping[str, object], known: Sequence[str], pointer: str = "#"
) -> list[Invalid]:
    """Name the members that nothing is known of; a name that looks like a card number is redacted."""
    return [
        Invalid(InvalidCode.UNKNOWN_PARAMETER, "This member is not known.", f"{pointer}/{_escape(name)}")
        for name in document
        if name not in known
    ]


def missing(pointer: str) -> Invalid:
    return Invalid(InvalidCode.MISSING_REQUIRED_PARAMETER, "This member is required.", pointer)


def _escape(name: str) -> str:
    """Escape a member's name for an RFC 6901 pointer, shortened where it is long."""
    return redacted(name[:64]).replace("~", "~0").replace("/", "~1")


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise _NotJson("A number in the body has an exponent that is too large.") from None


def _integer(digits: str) -> int | Decimal:
    # Turning many digits into an integer takes time that grows with their square.
    return int(digits) if len(digits) <= LONGEST_INTEGER_DIGITS else _decimal(digits)


def _refuse_constant(constant: str) -> object:
    raise _NotJson(f"{constant} is not a JSON number.")


def _object(members: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(members)
    if len(document) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotJson(f'The member "{_escape(twice)}" appears twice in one object.')
    if any(_has_surrogate(text) for text in (*document, *document.values())):
        raise _NotJson("A text in the body has half of a surrogate pair.")
    return document


def _has_surrogate(value: object) -> bool:
    return isinstance(value, str) and not value.isascii() and _SURROGATE.search(value) is not None
