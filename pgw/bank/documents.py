"""JSON from a bank, read strictly: what is not exactly understood is refused, never guessed."""

import json
from typing import Any


def read_object(body: bytes) -> dict[str, Any] | None:
    """Read a JSON object (RFC 8259, in UTF-8), or return None for anything else.

    Refuses NaN, infinities and members that appear twice.
    """
    try:
        document = _READER.decode(body.decode())
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _without_duplicates(members: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(members)
    if len(document) < len(members):
        raise ValueError("a member appears twice")
    return document


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


_READER = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse)
