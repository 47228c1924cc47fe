"""The ledger's JSON document, of a bank's answer or of a file, read strictly."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from attrs import frozen

from pgw.bank.documents import read_object
from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.result import Err, Ok, Result

LARGEST_NUMBER = 2**63 - 1
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class _NotAsSpecified(ValueError):
    """The message says what is not."""


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
    if not isinstance(bookings, list) or not _is_whole(count):
        return Err("it is not a JSON object of bookings and their count")
    if len(bookings) > count:
        return Err(f"it has {len(bookings)} bookings and counts {count}")
    entries: list[LedgerEntry] = []
    last = after
    try:
        for booking in bookings:
            last = _number(booking, after=last)
            entries.append(_entry(booking))
    except _NotAsSpecified as error:
        return Err(f"{error} in its entry {len(entries) + 1}")
    return Ok(LedgerPage(count, entries, last))


def _number(booking: object, *, after: int) -> int:
    if not isinstance(booking, dict):
        raise _NotAsSpecified("there is no object")
    number = _whole(booking, "booking")
    if number <= after:
        raise _NotAsSpecified(f'"booking" is {number} after {after}')
    return number


def _entry(booking: Mapping[str, Any]) -> LedgerEntry:
    reference, currency = booking.get("reference"), booking.get("currency")
    if reference is not None and not isinstance(reference, str):
        raise _NotAsSpecified('"reference" is neither a string nor null')
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise _NotAsSpecified('"currency" is no ISO 4217 code')
    return LedgerEntry(
        reference=reference,
        currency=currency,
        amount=_whole(booking, "amount"),
        captured=_whole(booking, "captured_amount"),
        authorized=_truth(booking, "authorized"),
        # Not told by a bank that reverses nothing.
        reversed=_truth(booking, "reversed") if "reversed" in booking else False,
    )


def _whole(booking: Mapping[str, Any], name: str) -> int:
    value = booking.get(name)
    if not _is_whole(value):
        raise _NotAsSpecified(f'"{name}" is no whole number')
    return value


def _is_whole(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= LARGEST_NUMBER  # `isinstance` would take true for 1


def _truth(booking: Mapping[str, Any], name: str) -> bool:
    value = booking.get(name)
    if not isinstance(value, bool):
        raise _NotAsSpecified(f'"{name}" is neither true nor false')
    return value
