"""What `pgw reconcile` reads of a bank: everything that it booked."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from attrs import frozen


@frozen
class LedgerEntry:
    """One booking, as the bank has it now. Amounts are in minor units of the currency.

    What does not fit together, such as more captured than was authorized, is for the reader to find.
    """

    reference: str | None
    """Ours, where the bank was given one."""
    currency: str
    amount: int
    captured: int
    authorized: bool
    reversed: bool


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
