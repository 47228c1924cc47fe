from typing import Any

import simplejson


def read_object(text: str | bytes) -> dict[str, Any] | None:
    """Read a JSON object, its numbers as exact decimals; None for anything else, however deep it is."""
    try:
        document = simplejson.loads(text, use_decimal=True)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
