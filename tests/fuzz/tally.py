"""What was sent, what was answered, and what was found."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import define, field, frozen

from tests.fuzz.oracle import Finding
from tests.fuzz.wire import Received

EVERY_SECONDS = 2.0
A_LINE_EACH_SECONDS = 30.0
MOST_TOLD_OF_A_KIND = 5


@frozen
class Found:
    """A finding, and how the run is told to do again what led to it."""

    finding: Finding
    replay: str


@define
class Tally:
    """`wanted` inputs in all; counted are kinds of inputs, statuses, opcodes, and what is beside."""

    wanted: int
    began: float = field(factory=time.monotonic)
    kinds: Counter[str] = field(factory=Counter)
    statuses: Counter[int] = field(factory=Counter)
    opcodes: Counter[int] = field(factory=Counter)
    notes: Counter[str] = field(factory=Counter)
    found: list[Found] = field(factory=list)
    _told: float = field(factory=time.monotonic)

    @property
    def done(self) -> int:
        return self.kinds.total()

    def count(self, kind: str, received: Received) -> None:
        self.kinds[kind] += 1
        self.statuses.update(answer.status for answer in received.answers)
        self.opcodes.update(frame.opcode for frame in received.frames)
        self.notes["cut short"] += received.is_cut_short
        self.notes["not answered"] += not received.answers

    def add(self, findings: Iterable[Finding], replay: str) -> None:
        self.found.extend(Found(finding, replay) for finding in findings)

    def tell(self) -> None:
        """Rewrite a line of the terminal; elsewhere write one now and then."""
        now, is_terminal = time.monotonic(), sys.stderr.isatty()
        if now - self._told < (EVERY_SECONDS if is_terminal else A_LINE_EACH_SECONDS):
            return
        self._told = now
        rate = self.done / max(now - self.began, 0.001)
        left = (self.wanted - self.done) / rate if rate else 0
        line = (
            f"{self.done} of {self.wanted} inputs, {rate:.0f} a second, "
            f"{len(self.found)} findings, {left:.0f} s left"
        )
        sys.stderr.write(f"\r{line:100}" if is_terminal else f"{line}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{'':100}\r")

    def lines(self) -> Sequence[str]:
        """Return the summary."""
        return (
            f"inputs      {self.done}: {_counts(self.kinds)}",
            f"answers     {self.statuses.total()}: {_counts(self.statuses)}",
            f"frames      {self.opcodes.total()}, by opcode: {_counts(self.opcodes)}",
            f"beside      {_counts(self.notes)}",
            f"findings    {len(self.found)}: {_counts(Counter(one.finding.kind for one in self.found))}",
        )

    def told(self) -> list[Found]:
        """Return the first few findings of each kind."""
        seen: Counter[str] = Counter()
        first = []
        for one in self.found:
            seen[one.finding.kind] += 1
            if seen[one.finding.kind] <= MOST_TOLD_OF_A_KIND:
                first.append(one)
        return first


def _counts(counter: Counter[str] | Counter[int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common() if count) or "none"
