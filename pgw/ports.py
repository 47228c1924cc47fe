"""Clock, ids and randomness: the only places they come from, so that a simulation can own all three."""

import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import trio

DRAWN_AT_A_TIME = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
HEX_TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
"""Without a digit in it no text is ever taken for a card number, or for a part of one."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the wall clock's time in UTC, to the millisecond. It may jump."""

    def monotonic(self) -> float:
        """Return seconds that never jump; only differences mean anything. Deadlines run on it."""


class Ids(Protocol):
    def new(self, kind: str) -> str:
        """Return an opaque id that begins with `kind` and sorts by the time it was made."""


class Randomness(Protocol):
    def fraction(self) -> float:
        """Return a number from 0 up to but not including 1, for jitter."""

    def bits(self, count: int) -> int:
        """Return that many unpredictable bits."""


class SystemClock:
    def now(self) -> datetime:
        return _EPOCH + timedelta(milliseconds=time.time_ns() // 1_000_000)

    def monotonic(self) -> float:
        return trio.current_time()


class SystemRandomness:
    """The system's own; of bits at most `DRAWN_AT_A_TIME` bytes in one go, none of them given twice."""

    def __init__(self) -> None:
        self._drawn = b""
        self._used = 0

    def fraction(self) -> float:
        return random.random()  # noqa: S311 - jitter needs to be spread, not secret

    def bits(self, count: int) -> int:
        size = (count + 7) // 8
        if len(self._drawn) - self._used < size:
            # Many at a time: each system call gives up the interpreter's lock.
            self._drawn, self._used = secrets.token_bytes(DRAWN_AT_A_TIME), 0
        drawn = self._drawn[self._used : self._used + size]
        self._used += size
        return int.from_bytes(drawn, "big") >> (size * 8 - count)


class TimeOrderedIds:
    """UUIDs of version 7 (RFC 9562), spelled with the letters a to p.

    Without a digit in it no id is ever taken for a card number by what keeps those out of the logs. Within
    one millisecond a counter keeps the order, also while the wall clock stands still or steps back.
    """

    def __init__(self, clock: Clock, randomness: Randomness) -> None:
        self._clock = clock
        self._randomness = randomness
        self._last = 0

    def new(self, kind: str) -> str:
        milliseconds = (self._clock.now() - _EPOCH) // _MILLISECOND
        # Time and counter are one number of 60 bits, so a counter that runs over moves on to the next one.
        self._last = max(self._last + 1, milliseconds << 12)
        time_and_version = self._last >> 12 << 16 | 0x7000 | self._last & 0xFFF
        variant_and_random = 0b10 << 62 | self._randomness.bits(62)
        digits = f"{time_and_version:016x}{variant_and_random:016x}"
        return f"{kind}_{digits.translate(HEX_TO_LETTERS)}"
