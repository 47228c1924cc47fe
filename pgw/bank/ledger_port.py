"""What `pgw reconcile` reads of a bank: everything that it booked."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from attrs import frozen

from pgw.domain.job import JobType


@frozen
class LedgerEntry:
    """One booking, as the bank has it now: of a payment, or of an operation on one.

    What does not fit together, such as more captured than was authorized, is for the reader to find.
    """

    reference: str | None
    """Ours, where the bank was given one."""
    kind: JobType
    payment_reference: str | None
    """Of an operation: the reference of the payment that it is on."""
    currency: str
    charged: int
    """What it adds to the money that was taken, in minor units; negative for a refund."""
    held: int
    """What it adds to the money that is reserved, in minor units; negative for what it frees."""
    counts: bool
    """Whether it is money: what was declined or reversed is none."""


class LedgerUnavailable(Exception):
    """The ledger cannot be read, or not all of it. The message is a sentence for an operator."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"The ledger {source} cannot be read: {problem}.")


class BankLedger(Protocol):
    """A bank's bookings. Both methods raise `LedgerUnavailable`, also for what is not as specified."""

    def pages(self) -> AsyncGenerator[Sequence[LedgerEntry], None]:
        """Read all that was booked before the first page was asked for, oldest first; later ones may follow.

        Where it ends without an exception, none of these is missing. Close it (`contextlib.aclosing`) where
        reading may stop before that.
        """

    async def entries_of(self, reference: str) -> Sequence[LedgerEntry]:
        """Read what is booked under a reference, oldest first."""
