"""From an event's commit to its frame, with payments coming in steadily.

A payment at a sound bank has two events, so 600 frames a second are 300 payments a second. A third one tells
that its outcome is unknown; where most are, the circuit spares the bank, and nothing is measured.
"""

import json
import sqlite3
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from attrs import frozen

from benchmarks.open_loop import steadily
from benchmarks.subscribers import Subscribers

PAYMENTS_A_SECOND = 300
EVENTS_A_PAYMENT = 2
SECONDS = 12.0
HEARD_WITHIN_SECONDS = SETTLED_WITHIN_SECONDS = 20.0
CLOSED_WITHIN_SECONDS = 90.0


@frozen
class Load:
    """Payments of many merchants in turn."""

    address: tuple[str, int]
    keys: Sequence[str]
    database: Path

    @property
    def described(self) -> str:
        frames = PAYMENTS_A_SECOND * EVENTS_A_PAYMENT
        return f"{PAYMENTS_A_SECOND} payments/s ({frames} frames/s) for {SECONDS:g} s"

    def run(self, seconds: float = SECONDS) -> int:
        """Pay at a steady rate; return how many payments were accepted."""
        return steadily(self.address, PAYMENTS_A_SECOND, seconds, tuple(self.keys), most=200).counts[202]

    def wait_until_settled(self) -> None:
        """Wait until the bank has answered all, or for a bound."""
        until = time.monotonic() + SETTLED_WITHIN_SECONDS
        while self._value("SELECT count(*) FROM jobs WHERE status = 'Created'") and time.monotonic() < until:
            time.sleep(0.1)

    def events_of(self, merchants: Iterable[str]) -> int:
        """Return how many events there are of these merchants, by the gateway's own file."""
        whose = json.dumps(list(merchants))
        return self._value(
            "SELECT sum(last_seq) FROM merchants WHERE id IN (SELECT value FROM json_each(?))", whose
        )

    def _value(self, statement: str, *parameters: str) -> int:
        uri = f"{self.database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return int(connection.execute(statement, parameters).fetchone()[0])


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
    def under(cls, load: Load, readers: Subscribers, merchants: Mapping[int, str]) -> "Lag":
        """Measure what subscribers hear, each by its number the only one of its merchant."""
        before = load.events_of(merchants.values())
        readers.heard()
        accepted = load.run()
        load.wait_until_settled()
        expected = load.events_of(merchants.values()) - before
        found = readers.heard_once(expected, HEARD_WITHIN_SECONDS)
        lags = [one.lag for one in found if one.subscriber in merchants]
        percentiles = statistics.quantiles(lags, n=100)
        return cls(accepted, len(lags), expected, percentiles[49], percentiles[98], max(lags))


def wait_until_closed(readers: Subscribers, numbers: Sequence[int]) -> int:
    """Return how many of them are closed once they all are, or after a bound."""
    until = time.monotonic() + CLOSED_WITHIN_SECONDS
    while (closed := len(readers.closed(numbers))) < len(numbers) and time.monotonic() < until:
        time.sleep(0.5)
    return closed
