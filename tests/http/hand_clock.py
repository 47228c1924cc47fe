from datetime import UTC, datetime

from pgw.http.door import Door
from pgw.ports import SystemRandomness, TimeOrderedIds


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 11, 25, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds


def a_door(clock: HandClock) -> Door:
    return Door(clock, TimeOrderedIds(clock, SystemRandomness()))
