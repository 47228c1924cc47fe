"""A clock that stands where a test puts it."""

from datetime import UTC, datetime

from pgw.http.door import Door
from pgw.ports import SystemRandomness, TimeOrderedIds


class Hands:
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 25, tzinfo=UTC)


def a_door(clock: Hands) -> Door:
    return Door(clock, TimeOrderedIds(clock, SystemRandomness()))
