"""From an event's commit to its frame, with payments coming in steadily."""

import math
import statistics
import time
from collections.abc import Sequence

from attrs import frozen

from benchmarks.open_loop import steadily
from benchmarks.subscribers import Subscribers

PAYMENTS_A_SECOND = 300
EVENTS_A_PAYMENT = 2
SECONDS = 12.0
HEARD_WITHIN_SECONDS = 20.0
CLOSED_WITHIN_SECONDS = 90.0


@frozen
class Load:
    """Payments of many merchants in turn."""

    address: tuple[str, int]
    keys: Sequence[str]

    @property
    def described(self) -> str:
        frames = PAYMENTS_A_SECOND * EVENTS_A_PAYMENT
        return f"{PAYMENTS_A_SECOND} payments/s ({frames} frames/s) for {SECONDS:g} s"

    def run(self, seconds: float = SECONDS) -> int:
        """Pay at a steady rate; return how many payments were accepted."""
        return steadily(self.address, PAYMENTS_A_SECOND, seconds, tuple(self.keys), most=200).counts[202]


@frozen
class Lag:
    """Milliseconds from when a change was made, by `occurredAt`, a moment before its commit, to its frame."""

    accepted: int
    heard: int
    expected: int
    p50: float
    p99: float
    longest: float

    @property
    def is_whole(self) -> bool:
        """Tell whether each event was heard by the one that it is for."""
        return self.heard == self.expected

    def __str__(self) -> str:
        return (
            f"p50 {self.p50:.0f} ms, p99 {self.p99:.0f} ms, longest {self.longest:.0f} ms, "
            f"{self.heard} of {self.expected} frames of {self.accepted} payments"
        )

    @classmethod
    def under(cls, load: Load, readers: Subscribers, numbers: Sequence[int]) -> "Lag":
        """Measure what these hear, of whom each is told of as many payments as any other."""
        readers.heard()
        accepted = load.run()
        expected = math.floor(accepted * EVENTS_A_PAYMENT * len(numbers) / len(load.keys))
        found = readers.heard_once(expected, HEARD_WITHIN_SECONDS)
        lags = [one.lag for one in found if one.subscriber in set(numbers)]
        percentiles = statistics.quantiles(lags, n=100)
        return cls(accepted, len(lags), expected, percentiles[49], percentiles[98], max(lags))


def wait_until_closed(readers: Subscribers, numbers: Sequence[int]) -> int:
    """Return how many of them are closed once they all are, or after a bound."""
    until = time.monotonic() + CLOSED_WITHIN_SECONDS
    while (closed := len(readers.closed(numbers))) < len(numbers) and time.monotonic() < until:
        time.sleep(0.5)
    return closed
