"""The query of the ledger: which bookings are asked for."""

import re
from urllib.parse import parse_qsl

import attrs

from simulator.booking import Booking, OperationBooking
from simulator.fields import MalformedError
from simulator.ledger import Ledger

COUNT = re.compile(r"[0-9]{1,12}")
PARAMETERS = frozenset({"after", "limit", "reference", "payment_reference"})


@attrs.frozen
class Listing:
    """All bookings, or those that are asked for."""

    after: int = 0
    """A booking's number."""
    limit: int | None = None
    reference: str | None = None
    payment_reference: str | None = None
    """Of the operations of one payment."""

    def of(self, ledger: Ledger) -> list[Booking]:
        """List them, oldest first."""
        bookings = ledger.bookings(after=self.after, limit=self.limit)
        return [booking for booking in bookings if self._includes(booking)]

    def _includes(self, booking: Booking) -> bool:
        if self.reference is not None and booking.reference != self.reference:
            return False
        if self.payment_reference is None:
            return True
        return isinstance(booking, OperationBooking) and booking.payment_reference == self.payment_reference


def read_listing(query: str) -> Listing:
    """Read a query; raises MalformedError."""
    filters = dict(parse_qsl(query, keep_blank_values=True))
    for name in filters:
        if name not in PARAMETERS:
            known = "after, limit, reference and payment_reference"
            raise MalformedError(f"{name}: no such parameter; there are {known}")
    return Listing(
        after=_count("after", filters.get("after", "0")),
        limit=_count("limit", filters["limit"]) if "limit" in filters else None,
        reference=filters.get("reference"),
        payment_reference=filters.get("payment_reference"),
    )


def _count(name: str, text: str) -> int:
    if not COUNT.fullmatch(text):
        raise MalformedError(f"{name}: must be a whole number")
    return int(text)
