"""What a stream says: its frames, and where in them a reader is."""

from collections.abc import Mapping
from typing import Any

from attrs import define, frozen

from pgw.client.documents import read_object

READY, HEARTBEAT = "stream.ready", "stream.heartbeat"


class NoFrame(Exception):
    """What came is no frame of a stream."""


@frozen
class Frame:
    """One message of a stream, amounts as exact decimals. Types that are not known yet are frames too."""

    type: str
    seq: int
    document: Mapping[str, Any]

    @staticmethod
    def read(message: str | bytes) -> "Frame":
        """Read a message. Raises `NoFrame`."""
        document = read_object(message)
        if document is None:
            raise NoFrame
        kind, seq = document.get("type"), document.get("seq")
        if not isinstance(kind, str) or not isinstance(seq, int) or isinstance(seq, bool):
            raise NoFrame
        return Frame(kind, seq, document)

    @property
    def is_event(self) -> bool:
        return not self.type.startswith("stream.")


@define
class Position:
    """How far a stream was read: up to `after`, or nowhere yet.

    A merchant's events have every number, those of one job (`is_of_a_job`) only some of them.
    """

    after: int | None
    is_of_a_job: bool

    def missing_before(self, frame: Frame) -> tuple[int, int] | None:
        """Return the first and the last number that should have come before this frame and did not."""
        if self.after is None or self.is_of_a_job:
            return None
        last = frame.seq - 1 if frame.is_event else frame.seq
        return (self.after + 1, last) if last > self.after else None

    def is_known(self, frame: Frame) -> bool:
        return self.after is not None and frame.seq <= self.after

    def advance(self, frame: Frame) -> None:
        self.after = max(self.after or 0, frame.seq)
