"""What goes back to a caller: an answer, and whether it arrives whole."""

import enum
import json

import attrs

COMPACT = json.JSONEncoder(separators=(",", ":"))


class Delivery(enum.Enum):
    WHOLE = enum.auto()
    TWICE = enum.auto()
    """Two complete HTTP responses to one request; the connection stays open."""
    HALF = enum.auto()
    """All headers and half of the body, then the connection closes."""
    NOTHING = enum.auto()
    """The connection closes without a byte."""


@attrs.frozen
class Answer:
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class Reply:
    answer: Answer
    delivery: Delivery = Delivery.WHOLE


NO_ANSWER = Reply(Answer(500, b""), Delivery.NOTHING)


def json_answer(status: int, body: object, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status, COMPACT.encode(body).encode() + b"\n", headers)


def error_answer(status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return json_answer(status, {"error_message": message}, headers)
