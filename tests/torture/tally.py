"""What was done and counted over all rounds."""

from collections import Counter
from collections.abc import Sequence

from attrs import define, field

from tests.torture.clients import Clients
from tests.torture.evidence import Evidence
from tests.torture.oracle import charged_of
from tests.torture.orders import major


@define
class Tally:
    """`judged` counts rounds whose outcome the oracle has seen."""

    rounds: int = 0
    judged: int = 0
    gateway_kills: int = 0
    gateway_kills_at_start: int = 0
    bank_kills: int = 0
    unknown_resolved: int = 0
    statuses: Counter[str] = field(factory=Counter)
    failures: Counter[str] = field(factory=Counter)
    charged: Counter[str] = field(factory=Counter)
    answers: Counter[str] = field(factory=Counter)
    is_stopping: bool = False

    def add(self, evidence: Evidence, clients: Clients) -> None:
        """Count what a batch came to."""
        self.judged = self.rounds
        self.statuses.update(payment.status for payment in evidence.payments)
        self.failures.update(payment.failure_code for payment in evidence.payments if payment.failure_code)
        self.charged.update(charged_of(evidence.payments))
        self.answers.update(clients.answers)
        frames = [frame for frames in evidence.streams.values() for frame in frames]
        doubted = {frame["job"]["jobId"] for frame in frames if frame["job"]["paymentStatus"] == "Unknown"}
        ended = {frame["job"]["jobId"] for frame in frames if frame["job"]["status"] != "Created"}
        self.unknown_resolved += len(doubted & ended)

    def lines(self) -> Sequence[str]:
        """Return the summary."""
        charged = [f"{major(sum_, currency):,} {currency}" for currency, sum_ in sorted(self.charged.items())]
        return (
            f"rounds      {self.judged} judged",
            f"kills       {self.gateway_kills} of the gateway, {self.gateway_kills_at_start} at its start",
            f"            {self.bank_kills} of the bank",
            f"payments    {self.statuses.total()}: {_counts(self.statuses)}",
            f"failed for  {_counts(self.failures)}",
            f"unknown     {self.unknown_resolved} resolved",
            f"charged     {', '.join(charged) or 'nothing'}",
            f"answers     {_counts(self.answers)}",
        )


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common()) or "none"
