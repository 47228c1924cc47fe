"""How far a run is: on a line of the terminal, and in a file from which it goes on."""

import json
import sys
import time
from pathlib import Path

from attrs import asdict, define, field, frozen

from tests.simulation.tally import Tally

EVERY_SECONDS = 2.0
A_LINE_EACH_SECONDS = 30.0


@frozen
class ProgressFile:
    """Which seed comes next, and what came of those before it."""

    path: Path

    def read(self, first: int) -> tuple[int, Tally]:
        if not self.path.exists():
            return first, Tally()
        document = json.loads(self.path.read_text(encoding="utf-8"))
        tally = Tally(**{name: document[name] for name in ("seeds", "violated", "steps", "virtual_seconds")})
        for family, name, number in document["counts"]:
            tally.count(family, name, number)
        return int(document["next_seed"]), tally

    def write(self, next_seed: int, tally: Tally) -> None:
        counts = [[family, name, number] for (family, name), number in sorted(tally.counts.items())]
        document = asdict(tally, filter=lambda field, _: field.name != "counts")
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(json.dumps({"next_seed": next_seed, **document, "counts": counts}) + "\n")
        unfinished.replace(self.path)


@define
class ProgressLine:
    """Rewrites one line of a terminal; elsewhere it writes one now and then."""

    wanted: int
    began: float = field(factory=time.monotonic)
    done: int = 0
    _told: float = 0.0

    def tell(self, tally: Tally) -> None:
        """Tell of one more, at most every other second."""
        self.done += 1
        now, is_terminal = time.monotonic(), sys.stderr.isatty()
        if now - self._told < (EVERY_SECONDS if is_terminal else A_LINE_EACH_SECONDS):
            return
        self._told = now
        rate = self.done / max(now - self.began, 0.001)
        line = (
            f"{self.done} of {self.wanted} seeds, {rate:.1f} a second, "
            f"{tally.total('lives ended by')} lives ended, {tally.total('payments')} payments, "
            f"{tally.violated} violated, {(self.wanted - self.done) / rate:.0f} s left"
        )
        sys.stderr.write(f"\r{line:100}" if is_terminal else f"{line}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{'':100}\r")
