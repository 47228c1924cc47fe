"""Query parameters of lists: how many, which of them, and what is wrong with one."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from pgw.domain.errors import Invalid, InvalidCode
from pgw.logs import redacted

LONGEST_PAGE, PAGE = 100, 10
ENDPOINT_ID, PAYMENT_ID = r"whe_[0-9a-z]+", r"pay_[0-9a-z]+"
LONGEST_NAME_SHOWN = 64
Choice = TypeVar("Choice", bound=StrEnum)
_LIMIT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


def read_each_once(
    given: MultiDict[str, str], names: Sequence[str], invalid: list[Invalid]
) -> dict[str, str]:
    """Return the parameters of these names in their order, and note all others, and what is given twice."""
    invalid += [unknown_parameter(name) for name in given if name not in names]
    repeated = [name for name in names if len(given.getlist(name)) > 1]
    invalid += [wrong_parameter(name, "given once at most") for name in repeated]
    return {name: given[name] for name in names if name in given}


def read_limit(given: Mapping[str, str], invalid: list[Invalid], default: int = PAGE) -> int:
    """Return how many are asked for, or note what is wrong with it."""
    limit = given.get("limit", str(default))
    if _LIMIT.fullmatch(limit) and int(limit) <= LONGEST_PAGE:
        return int(limit)
    invalid.append(wrong_parameter("limit", f"an integer from 1 to {LONGEST_PAGE}"))
    return default


def read_choice(
    given: Mapping[str, str], name: str, choices: type[Choice], invalid: list[Invalid]
) -> Choice | None:
    """Return which of these is asked for, if any is, or note that it is none of them."""
    if name not in given:
        return None
    if given[name] in tuple(choices):
        return choices(given[name])
    invalid.append(wrong_parameter(name, f"one of {', '.join(choices)}"))
    return None


def read_id(given: Mapping[str, str], name: str, form: str, invalid: list[Invalid]) -> str | None:
    """Return the id that is asked for, if one is, or note that it does not have the form of one."""
    if name in given and not re.fullmatch(form, given[name]):
        invalid.append(wrong_parameter(name, "an id"))
    return given.get(name)


def wrong_parameter(name: str, taken: str) -> Invalid:
    """Say which query parameter has a value that is not taken, and what is; no pointer leads there."""
    return Invalid(InvalidCode.INVALID_PARAMETER, f"The query parameter `{name}` must be {taken}.")


def unknown_parameter(name: str) -> Invalid:
    """Say that a query parameter is not known: misspelt it would go unnoticed, and what it asked for too."""
    shown = redacted(name)[:LONGEST_NAME_SHOWN]
    return Invalid(InvalidCode.UNKNOWN_PARAMETER, f"The query parameter `{shown}` is not known.")
