"""What a run is to do, and what came of it."""

from collections import Counter
from pathlib import Path

from attrs import define, field, frozen


@frozen
class Plan:
    events: int
    reconnects: int
    kills: int
    seed: int
    bug: str | None = None


@define(eq=False)
class Outcome:
    """What was done, and what is wrong."""

    events: int = 0
    frames: int = 0
    kills: int = 0
    left: Counter[str] = field(factory=Counter)
    jobs_followed: int = 0
    answers: Counter[str] = field(factory=Counter)
    findings: list[str] = field(factory=list)
    folder: Path | None = None
    """Where the files are kept, if anything is wrong."""

    @property
    def reconnects(self) -> int:
        return self.left.total()
