"""What was done and counted over all rounds."""

from collections import Counter
from collections.abc import Sequence

from attrs import define, field

from tests.torture.books import Money, totals_of
from tests.torture.clients import Clients
from tests.torture.evidence import Evidence
from tests.torture.orders import major


@define
class Tally:
    """`judged` counts rounds whose outcome the oracle has seen."""

    rounds: int = 0
    judged: int = 0
    gateway_kills: int = 0
    gateway_kills_at_start: int = 0
    bank_kills: int = 0
    verified: int = 0
    unknown_resolved: int = 0
    statuses: Counter[str] = field(factory=Counter)
    operations: Counter[str] = field(factory=Counter)
    failures: Counter[str] = field(factory=Counter)
    totals: dict[str, Money] = field(factory=dict)
    answers: Counter[str] = field(factory=Counter)
    is_stopping: bool = False

    def add(self, evidence: Evidence, clients: Clients) -> None:
        """Count what a batch came to."""
        self.judged = self.rounds
        self.statuses.update(payment.status for payment in evidence.payments)
        self.operations.update(f"{one.kind}s {one.job_status}" for one in evidence.operations)
        for ended in (evidence.payments, evidence.operations):
            self.failures.update(one.failure_code for one in ended if one.failure_code)
        for currency, money in totals_of(evidence.payments, evidence.operations).items():
            self.totals[currency] = self.totals.get(currency, Money(0, 0, 0)) + money
        self.answers.update(clients.answers)
        frames = [frame for frames in evidence.streams.values() for frame in frames]
        doubted = {frame["job"]["jobId"] for frame in frames if frame["job"]["paymentStatus"] == "Unknown"}
        done = {frame["job"]["jobId"] for frame in frames if frame["job"]["status"] != "Created"}
        self.unknown_resolved += len(doubted & done)

    def lines(self) -> Sequence[str]:
        """Return the summary."""
        return (
            f"rounds      {self.judged} judged",
            f"kills       {self.gateway_kills} of the gateway, {self.gateway_kills_at_start} at its start",
            f"            {self.bank_kills} of the bank",
            f"payments    {self.statuses.total()}: {_counts(self.statuses)}",
            f"operations  {self.operations.total()}: {_counts(self.operations)}",
            f"failed for  {_counts(self.failures)}",
            f"unknown     {self.unknown_resolved} resolved",
            f"captured    {self._sums('captured')}",
            f"refunded    {self._sums('refunded')}",
            f"held        {self._sums('held')}",
            f"timeline    verified {self.verified} times",
            f"answers     {_counts(self.answers)}",
        )

    def _sums(self, kind: str) -> str:
        sums = ((currency, getattr(money, kind)) for currency, money in sorted(self.totals.items()))
        return (
            ", ".join(f"{major(sum_, currency):,} {currency}" for currency, sum_ in sums if sum_) or "nothing"
        )


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common()) or "none"
