"""Where payments are refused while more come than can be taken, early, so that it costs next to nothing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from pgw.ports import Clock

MOST_AT_WORK = 64
LONGEST_AT_WORK_SECONDS = 0.1
TOLD_EVERY_SECONDS = 1.0
_log = structlog.get_logger()
PAYMENTS = "/payments"
_LINE = f"POST {PAYMENTS} HTTP/1.1\r\n".encode()
_LENGTH = re.compile(rb"\r\ncontent-length: ?([0-9]{1,5})\r\n")
# What may change how far a request goes, or what becomes of its connection; and a folded line.
_UNUSUAL = re.compile(
    rb"transfer-encoding|expect|upgrade|connection|\r\n[ \t]|[^\r]\n|content-length(?s:.*)content-length"
)


class Door:
    """Counts the payments at work: received whole, and not answered yet.

    It closes while more than `MOST_AT_WORK` are, of which the first has been for over
    `LONGEST_AT_WORK_SECONDS`. Few may be slow, as on a slow disk, and many may come at once; only many that
    are slow are too many.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # By the order in which they came.
        self._since: dict[object, float] = {}
        self.turned_away = 0
        self._told = 0
        self._told_at = clock.monotonic() - TOLD_EVERY_SECONDS

    @property
    def is_closed(self) -> bool:
        if len(self._since) <= MOST_AT_WORK:
            return False
        first = next(iter(self._since.values()))
        return self._clock.monotonic() - first > LONGEST_AT_WORK_SECONDS

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Count a payment as at work for as long as the block lasts."""
        ticket = object()
        self._since[ticket] = self._clock.monotonic()
        try:
            yield
        finally:
            del self._since[ticket]

    def turn_away(self) -> None:
        """Count a payment that is refused unread. A log line for each would cost more than the refusal."""
        self.turned_away += 1
        now = self._clock.monotonic()
        if now - self._told_at >= TOLD_EVERY_SECONDS:
            _log.warning("PaymentsTurnedAway", Count=self.turned_away - self._told, AtWork=len(self._since))
            self._told, self._told_at = self.turned_away, now


def is_whole_payment(received: bytes) -> bool:
    """Tell whether these bytes are one payment's request, to its last byte and no further, beyond doubt.

    Such a one can be answered without being parsed. Whatever is unusual is not for here to judge.
    """
    if not received.startswith(_LINE):
        return False
    head, end, body = received.partition(b"\r\n\r\n")
    head = (head + end).lower()
    length = _LENGTH.search(head)
    return length is not None and int(length[1]) == len(body) and not _UNUSUAL.search(head)
