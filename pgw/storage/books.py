"""What the books say, for reconciliation."""

from attrs import frozen

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.job import JobStatus, JobType
from pgw.domain.money import Money
from pgw.domain.payment import PaymentStatus


@frozen
class BookEntry:
    """What the gateway's books say of one reference: a payment's, or an operation's on one.

    `amount` is the operation's own; `authorized` and `captured` are the payment's, in minor units.
    """

    reference: str
    payment_reference: str
    """The one under which the payment was authorized; its own, where it is the payment itself."""
    payment_id: str
    job_id: str
    type: JobType
    job_status: JobStatus
    status: PaymentStatus
    outcome: AttemptOutcome
    amount: Money
    authorized: int
    captured: int
    captures_at_once: bool
    is_final: bool
    is_declined: bool

    @property
    def is_open(self) -> bool:
        """Whether the outcome is not known yet, so that nothing is expected for certain."""
        return self.job_status is JobStatus.CREATED
