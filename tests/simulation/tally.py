"""What a run of seeds came to, as counts that add up."""

from collections import Counter
from collections.abc import Mapping

from attrs import define, field

FAMILIES = (
    "lives ended by",
    "payments",
    "operations",
    "instructions",
    "attempts",
    "calls to the bank",
    "flags",
    "events told",
    "webhooks",
)


@define
class Tally:
    """`counts` are by family and name, such as `("lives ended by", "kill")`."""

    seeds: int = 0
    violated: int = 0
    steps: int = 0
    virtual_seconds: float = 0.0
    counts: Counter[tuple[str, str]] = field(factory=Counter)

    def count(self, family: str, name: str, number: int = 1) -> None:
        self.counts[family, name] += number

    def of(self, family: str) -> Mapping[str, int]:
        return {name: number for (one, name), number in sorted(self.counts.items()) if one == family}

    def total(self, family: str) -> int:
        return sum(self.of(family).values())

    def add(self, other: "Tally") -> None:
        self.seeds += other.seeds
        self.violated += other.violated
        self.steps += other.steps
        self.virtual_seconds += other.virtual_seconds
        self.counts.update(other.counts)

    def lines(self) -> list[str]:
        """Return the summary, a line a family."""
        lines = [f"seeds              {self.seeds}, of which {self.violated} violated"]
        for family in FAMILIES:
            parts = ", ".join(f"{name} {number}" for name, number in self.of(family).items())
            lines.append(f"{family:18} {self.total(family)}" + (f": {parts}" if parts else ""))
        return lines
