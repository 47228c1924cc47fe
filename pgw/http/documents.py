"""Requests in JSON, read strictly: what is not exactly understood is refused, never guessed."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any
from urllib.parse import quote

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.result import Err, Ok, Result
from pgw.logs import redacted

LONGEST_INTEGER_DIGITS = 18
DEEPEST_NESTING = 32
LONGEST_NAME_SHOWN = 64
# What a fragment holds as it is (RFC 3986, section 3.5), beside letters, digits and -._~
_IN_A_FRAGMENT = "!$&'()*+,;=:@/?"
_TOO_DEEP = "The body is nested too deeply."
_SURROGATE = re.compile("[\ud800-\udfff]")


class _NotJson(ValueError):
    """The message is a sentence for the caller."""


def parse(body: bytes) -> Result[dict[str, Any], str]:
    """Read one JSON object (RFC 8259), decimals exactly; `Err` says in a sentence what is wrong.

    Refuses duplicate members, NaN and infinities, nesting deeper than any request's, and lone surrogates.
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
        return Err(_TOO_DEEP)
    if not isinstance(document, dict):
        return Err("The body must be a JSON object.")
    # Most bodies open too few braces to be deep, which is quickly told.
    suspect = body.count(b"{") + body.count(b"[") > DEEPEST_NESTING
    return Err(_TOO_DEEP) if suspect and _is_nested_too_deeply(document) else Ok(document)


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
    """Escape a member's name for an RFC 6901 pointer that is a URI fragment."""
    return quote(_shown(name).replace("~", "~0").replace("/", "~1"), safe=_IN_A_FRAGMENT)


def _shown(name: str) -> str:
    """Return a name without a card number in it, shortened where it is long."""
    return redacted(name)[:LONGEST_NAME_SHOWN]


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
    if any(_has_surrogate(text) for text in (*document, *document.values())):
        raise _NotJson("A text in the body has half of a surrogate pair.")
    if len(document) < len(members):
        twice = next(name for name, count in Counter(name for name, _ in members).items() if count > 1)
        raise _NotJson(f'The member "{_shown(twice)}" appears twice in one object.')
    return document


def _is_nested_too_deeply(document: dict[str, Any]) -> bool:
    """Tell it by a count of our own: the parser's depends on how deep the stack is already."""
    level: list[dict[str, Any] | list[Any]] = [document]
    for _ in range(DEEPEST_NESTING):
        members = chain.from_iterable(one.values() if isinstance(one, dict) else one for one in level)
        level = [member for member in members if isinstance(member, dict | list)]
        if not level:
            return False
    return True


def _has_surrogate(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_has_surrogate, value))
    return isinstance(value, str) and not value.isascii() and _SURROGATE.search(value) is not None
