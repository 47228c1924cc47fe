from attrs import frozen

from pgw.ports import Randomness


@frozen
class Backoff:
    """Waits between tries: doubled each time up to a cap, with jitter so that many do not come at once.

    Times are in seconds.
    """

    first: float
    longest: float
    randomness: Randomness

    def delay(self, tries: int) -> float:
        """Return how long to wait after that many tries: between half the step and the whole of it."""
        # The exponent is capped too: 2.0 ** 1024 is an OverflowError.
        step = min(self.longest, self.first * 2.0 ** min(tries - 1, 32))
        return step * (0.5 + self.randomness.fraction() / 2)
