"""What may be in a command's texts."""

from pgw.logs import redacted

LONGEST_ID = 255
LONGEST_REASON = 500
LONGEST_NAME = 100


def is_sound(text: str) -> bool:
    """Tell whether an id or a name can be looked for: half a surrogate pair, for one, cannot."""
    return len(text) <= LONGEST_ID and text.isprintable()


def problem_of(what: str, text: str, longest: int) -> str | None:
    """Say what is wrong with a text that is kept; None where nothing is."""
    if not text.strip() or len(text) > longest or not text.isprintable():
        return f"The {what} must be one line of 1 to {longest} characters."
    if redacted(text) != text:
        return f"The {what} is stored, and must not contain what looks like a card number or a key."
    return None
