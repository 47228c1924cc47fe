"""Clock and randomness of one seed, for `pgw.ports`. Ids are the real `TimeOrderedIds` on these two."""

from datetime import UTC, datetime, timedelta
from random import Random

import trio

BEGINNING = datetime(2026, 11, 22, 12, 0, 0, 0, UTC)


class SimulatedClock:
    """Trio's virtual clock; the wall's is derived from it and may be made to jump."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return BEGINNING + timedelta(milliseconds=int(trio.current_time() * 1000)) + self._ahead

    def monotonic(self) -> float:
        return trio.current_time()

    def jump(self, seconds: float) -> None:
        """Move the wall's clock, back where negative."""
        self._ahead += timedelta(milliseconds=int(seconds * 1000))


class SeededRandomness:
    def __init__(self, random: Random) -> None:
        self._random = random

    def fraction(self) -> float:
        return self._random.random()

    def bits(self, count: int) -> int:
        return self._random.getrandbits(count)
