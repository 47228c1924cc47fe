"""One booking of the ledger's JSON document, read strictly."""

import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.job import JobType

LARGEST_NUMBER = 2**63 - 1
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_KINDS = frozenset(JobType)
_Booking = Mapping[str, Any]


class NotAsSpecified(ValueError):
    """The message says what is not."""


def booking_entry(booking: _Booking) -> LedgerEntry:
    """Read what a bank booked, or raise `NotAsSpecified`. A bank without operations tells no `kind`."""
    kind = booking.get("kind", JobType.PAYMENT)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise NotAsSpecified('"kind" is no payment, capture, void or refund')
    return _payment(booking) if kind == JobType.PAYMENT else _operation(booking, JobType(kind))


def whole(booking: _Booking, name: str) -> int:
    value = booking.get(name)
    if not is_whole(value):
        raise NotAsSpecified(f'"{name}" is no whole number')
    return value


def is_whole(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= LARGEST_NUMBER  # `isinstance` would take true for 1


def _payment(booking: _Booking) -> LedgerEntry:
    amount, captured = whole(booking, "amount"), whole(booking, "captured_amount")
    return LedgerEntry(
        reference=_reference(booking),
        kind=JobType.PAYMENT,
        payment_reference=None,
        currency=_currency(booking),
        charged=captured,
        # Where more was taken than there was, nothing is left to be held.
        held=max(amount - captured, 0),
        counts=_truth(booking, "authorized") and not _is_reversed(booking),
    )


def _operation(booking: _Booking, kind: JobType) -> LedgerEntry:
    of = booking.get("payment_reference")
    if not isinstance(of, str):
        raise NotAsSpecified('"payment_reference" is no string')
    whole(booking, "amount")
    charged, freed = _net(booking, kind), whole(booking, "released_amount")
    counts = _truth(booking, "accepted") and not _is_reversed(booking)
    if not counts and (charged or freed):
        raise NotAsSpecified('"net_amount" or "released_amount" is not 0 where nothing was moved')
    return LedgerEntry(_reference(booking), kind, of, _currency(booking), charged, -freed, counts=counts)


def _net(booking: _Booking, kind: JobType) -> int:
    """Read what an operation added to the money: a capture takes, a refund gives back, a void is neither."""
    net = booking.get("net_amount")
    if type(net) is not int or abs(net) > LARGEST_NUMBER:
        raise NotAsSpecified('"net_amount" is no whole number')
    sign = {JobType.CAPTURE: 1, JobType.REFUND: -1}.get(kind, 0)
    if net * sign < 0 or (net and not sign):
        raise NotAsSpecified(f'"net_amount" is {net} of a {kind}')
    return net


def _reference(booking: _Booking) -> str | None:
    reference = booking.get("reference")
    if reference is not None and not isinstance(reference, str):
        raise NotAsSpecified('"reference" is neither a string nor null')
    return reference


def _currency(booking: _Booking) -> str:
    currency = booking.get("currency")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise NotAsSpecified('"currency" is no ISO 4217 code')
    return currency


def _is_reversed(booking: _Booking) -> bool:
    """Read whether it was undone, which a bank that reverses nothing does not tell."""
    return "reversed" in booking and _truth(booking, "reversed")


def _truth(booking: _Booking, name: str) -> bool:
    value = booking.get(name)
    if not isinstance(value, bool):
        raise NotAsSpecified(f'"{name}" is neither true nor false')
    return value
