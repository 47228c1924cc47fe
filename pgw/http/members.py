"""Reads the members of a request's JSON one by one, and tells all that is wrong with them at once."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.result import Err, Ok, Result
from pgw.logs import redacted

Value = TypeVar("Value")


class InvalidMembers:
    """Collects what is wrong while the rest is read on."""

    def __init__(self) -> None:
        self.found: list[Invalid] = []

    def take(self, result: Result[Value, Invalid], pointer: str) -> Value | None:
        match result:
            case Ok(value):
                return value
            case Err(invalid):
                self.found.append(invalid.at(pointer))
                return None

    def add(self, pointer: str, detail: str, code: InvalidCode = InvalidCode.INVALID_PARAMETER) -> None:
        self.found.append(Invalid(code, detail, pointer))

    def text(self, document: Mapping[str, Any], name: str, longest: int, pointer: str = "#") -> str | None:
        """Return a text that may be left out, or null."""
        value = document.get(name)
        if value is not None and not is_text(value, longest):
            self.add(f"{pointer}/{name}", f"This member must be a string of at most {longest} characters.")
            return None
        return value

    def keep_card_out(self, text: str | None, pointer: str) -> None:
        """Refuse a text that could not be shown in a log: it is kept, and shown whenever it is asked for.

        Any card's number is meant, and no check digit is asked for (PCI DSS 3.5.1).
        """
        if text is not None and any(redacted(one) != one for one in (text, unquote(text))):
            detail = "This text contains what looks like a card number, as 12 digits or more do."
            self.add(pointer, detail, InvalidCode.CARD_DATA_IN_TEXT)


def is_text(value: object, longest: int) -> bool:
    """Tell a text that storage can keep: NUL ends a text in many places."""
    return isinstance(value, str) and len(value) <= longest and "\0" not in value
