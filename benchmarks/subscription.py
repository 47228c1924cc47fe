"""What a subscriber wants, and what it heard."""

import re
from datetime import datetime

from attrs import frozen

EVENT = re.compile(rb'"type":"job\.[a-z]+","seq":([0-9]+),"occurredAt":"([^"]+)"')


@frozen
class Wanted:
    """A stream to be opened. Where it is not read, nothing is after its first frame."""

    path: str
    api_key: str
    is_read: bool = True


@frozen
class Heard:
    """One event as one subscriber had it. Milliseconds since its time of `occurredAt`, by the same clock."""

    subscriber: int
    seq: int
    lag: float
    at: float
    """Unix time in seconds."""

    @classmethod
    def of(cls, subscriber: int, at: float, event: re.Match[bytes]) -> "Heard":
        occurred = datetime.fromisoformat(event[2].decode()).timestamp()
        return cls(subscriber, int(event[1]), (at - occurred) * 1000, at)
