"""The ledger's JSON document, of a bank's answer or of a file, read strictly."""

from collections.abc import Sequence

from attrs import frozen

from pgw.bank.documents import read_object
from pgw.bank.ledger_booking import NotAsSpecified, booking_entry, is_whole, whole
from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.result import Err, Ok, Result


@frozen
class LedgerPage:
    """Some of the bookings, oldest first."""

    count: int
    """Of all bookings in the ledger."""
    entries: Sequence[LedgerEntry]
    last: int
    """The last one's number; where there is none, the number that the page comes after."""


def read_page(body: bytes, *, after: int = 0) -> Result[LedgerPage, str]:
    """Read `{"count": …, "bookings": […]}`; `Err` says what is not as specified.

    The bookings' numbers must rise from above `after`, so that no booking is read twice.
    """
    document = read_object(body) or {}
    bookings, count = document.get("bookings"), document.get("count")
    if not isinstance(bookings, list) or not is_whole(count):
        return Err("it is not a JSON object of bookings and their count")
    if len(bookings) > count:
        return Err(f"it has {len(bookings)} bookings and counts {count}")
    entries: list[LedgerEntry] = []
    last = after
    try:
        for booking in bookings:
            last = _number(booking, after=last)
            entries.append(booking_entry(booking))
    except NotAsSpecified as error:
        return Err(f"{error} in its entry {len(entries) + 1}")
    return Ok(LedgerPage(count, entries, last))


def _number(booking: object, *, after: int) -> int:
    if not isinstance(booking, dict):
        raise NotAsSpecified("there is no object")
    number = whole(booking, "booking")
    if number <= after:
        raise NotAsSpecified(f'"booking" is {number} after {after}')
    return number
