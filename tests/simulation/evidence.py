"""What an oracle has to go by: the books, the bank's ledger, and what clients were told."""

from collections.abc import Sequence

from attrs import frozen

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.flag import FlagCode
from pgw.domain.job import JobStatus
from pgw.domain.payment import PaymentStatus
from tests.simulation.bank_conduct import Misconduct
from tests.simulation.bank_ledger import Ledger
from tests.simulation.books import Booked, Books
from tests.simulation.clients import Instruction, Order, Wanted

AUTHORIZED = frozenset(
    {
        PaymentStatus.AUTHORIZED,
        PaymentStatus.PARTIALLY_CAPTURED,
        PaymentStatus.APPROVED,
        PaymentStatus.VOIDED,
        PaymentStatus.PARTIALLY_REFUNDED,
        PaymentStatus.REFUNDED,
    }
)
"""Where the bank has said yes to the payment itself."""


@frozen
class Evidence:
    """`settled` are the jobs that an operator settled, `misconduct` what the bank should never be sent.

    `late` are the references of which a life saw a late approval, and had the time to tell. Where the wall's
    clock `jumps`, stored times need not be in order.
    """

    books: Books
    ledger: Ledger
    orders: Sequence[Order]
    settled: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    instructions: Sequence[Instruction] = ()
    misconduct: Sequence[Misconduct] = ()
    jumps: bool = False

    @property
    def wanted(self) -> Sequence[Wanted]:
        return [*self.orders, *self.instructions]

    def is_excused(self, job: Booked) -> bool:
        """Tell whether an operator said that it failed before it took effect, and was told so."""
        return job.job_id in self.settled and is_refuted(job) and FlagCode.LATE_DECISION in job.flags


def has_succeeded(job: Booked) -> bool:
    """Tell whether the books say that the bank said yes to it."""
    return job.status in AUTHORIZED if job.is_payment else job.job_status == JobStatus.COMPLETED


def is_refuted(job: Booked) -> bool:
    """Tell whether an operator said of it that it did not succeed, which the bank may see otherwise."""
    return job.outcome == AttemptOutcome.SETTLED and not has_succeeded(job)
