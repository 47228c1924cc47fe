"""How the troubled endpoint answers each try of a delivery: drawn from the seed, well from the seventh on."""

from enum import StrEnum
from random import Random

WELL_FROM = 7
RETRY_AFTER_SECONDS = 1
ANSWERS_429, HANGS, FAILS = 0.05, 0.05, 0.30


class Reply(StrEnum):
    """What becomes of a request; a number is the status of its answer."""

    WELL = "200"
    TOO_MANY = "429"
    HANG = "hang"
    ERROR = "500"
    UNAVAILABLE = "503"
    RESET = "reset"
    CLOSE = "close"

    @property
    def status(self) -> int | None:
        """The answer's; None where there is none."""
        return int(self) if self.isdigit() else None


FAILURES = (Reply.ERROR, Reply.ERROR, Reply.UNAVAILABLE, Reply.RESET, Reply.CLOSE)


def reply_to(seed: int, event: str, number: int) -> Reply:
    """Return what becomes of a try, the first of which is number 1, to tell of an event."""
    if number >= WELL_FROM:
        return Reply.WELL
    random = Random(f"try {number} of {event} under {seed}")
    drawn = random.random()
    if drawn < FAILS:
        return random.choice(FAILURES)
    if drawn < FAILS + HANGS:
        return Reply.HANG
    return Reply.TOO_MANY if drawn < FAILS + HANGS + ANSWERS_429 else Reply.WELL
