"""Where payments are refused while more come than can be taken, early, so that it costs next to nothing."""

import re

import structlog

from pgw.domain.errors import Refusal
from pgw.http import answers
from pgw.http.front import request_id_of
from pgw.ports import Clock, Ids

MOST_AT_WORK = 256  # more than a merchant's burst, and a quarter of a second's work
TOLD_EVERY_SECONDS = 1.0
TURNED_AWAY = "pgw.turned_away"  # in a scope: the door was closed when all of the request was there
PAYMENTS = "/payments"
_log = structlog.get_logger()
_LINE = f"POST {PAYMENTS} HTTP/1.1\r\n".encode()
_FIELDS = f"content-type: {answers.PROBLEM}\r\nretry-after: {answers.RETRY_AFTER_SECONDS}\r\n".encode()
_ANSWER = b"HTTP/1.1 503 \r\n" + _FIELDS + b"%sx-request-id: %s\r\ncontent-length: %d\r\n\r\n%s"
_REQUEST_ID = re.compile(rb"\r\nx-request-id: ?([^\r]*)\r\n", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: ?([0-9]{1,5})\r\n")
# What may change how far a request goes, or what becomes of its connection; and a folded line.
_UNUSUAL = re.compile(
    rb"transfer-encoding|expect|upgrade|connection|\r\n[ \t]|[^\r]\n|content-length(?s:.*)content-length"
)


class Door:
    """Counts the payments at work: received whole, and their answer has not begun yet.

    It is closed while `MOST_AT_WORK` are: what comes on top would only make all wait longer.
    """

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._answer = _answer_in_pieces(clock)
        self._callers: set[object] = set()
        self.turned_away = 0
        self._told = 0
        self._told_at = clock.monotonic() - TOLD_EVERY_SECONDS

    @property
    def at_work(self) -> int:
        return len(self._callers)

    @property
    def is_closed(self) -> bool:
        return len(self._callers) >= MOST_AT_WORK

    def has(self, caller: object) -> bool:
        return caller in self._callers

    def enter(self, caller: object) -> None:
        """Count the payment that came whole from this caller, who has one at work at a time."""
        self._callers.add(caller)

    def leave(self, caller: object) -> None:
        """Count the caller's payment no longer, if one was."""
        self._callers.discard(caller)

    def answer_to(self, received: bytes, caller: object, headers: bytes) -> bytes | None:
        """Return the whole answer, with these headers too, to a payment that is turned away unread.

        None where it entered, and where what was received must be read to tell what it is.
        """
        if not is_whole_payment(received):
            return None
        if not self.is_closed:
            self.enter(caller)
            return None
        self._count()
        found = _REQUEST_ID.search(received, 0, received.find(b"\r\n\r\n") + 2)
        request_id = request_id_of([(b"x-request-id", found[1])] if found else [], self._ids).encode()
        first, second, last = self._answer
        body = b"".join((first, request_id, second, answers.timestamp(self._clock.now()).encode(), last))
        return _ANSWER % (headers, request_id, len(body), body)

    def _count(self) -> None:
        """Count a payment that is turned away. A log line for each would cost more than the refusal."""
        self.turned_away += 1
        now = self._clock.monotonic()
        if now - self._told_at >= TOLD_EVERY_SECONDS:
            _log.warning("PaymentsTurnedAway", Count=self.turned_away - self._told, AtWork=self.at_work)
            self._told, self._told_at = self.turned_away, now


def _answer_in_pieces(clock: Clock) -> tuple[bytes, bytes, bytes]:
    """Return the problem's JSON before, between and after the request's id and the date."""
    at, request_id = clock.now(), "req_"
    document = answers.problem_document(Refusal.OVERLOADED, request_id, at, instance=PAYMENTS)
    first, _, rest = answers.encode(document).partition(request_id)
    second, _, last = rest.partition(answers.timestamp(at))
    return first.encode(), second.encode(), last.encode()


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
