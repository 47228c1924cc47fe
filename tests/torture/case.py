"""What is judged."""

from collections.abc import Iterator, Mapping

from attrs import frozen

from tests.torture.clients import Accepted, Name
from tests.torture.evidence import Evidence
from tests.torture.operations import Operation
from tests.torture.orders import Order
from tests.torture.stored import StoredOperation, StoredPayment


@frozen
class Case:
    """`begun` and `operations` are what clients sent, `accepted` what they were told, by name.

    `refused` are operations of which nothing may be kept: each of their tries was refused.
    """

    begun: Mapping[Name, Order]
    operations: Mapping[Name, Operation]
    accepted: Mapping[Name, Accepted]
    refused: frozenset[Name]
    evidence: Evidence

    def stored(self) -> Iterator[StoredPayment | StoredOperation]:
        """Yield all that has a job and a reference of its own."""
        yield from self.evidence.payments
        yield from self.evidence.operations
