"""A bank's ledger as JSON: a booking of each kind, and pages of them."""

import json

from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.job import JobType

BOOKING: dict[str, object] = {
    "booking": 1,
    "reference": "ref_1",
    "booked_at": "2026-11-22T14:22:26.448Z",
    "currency": "EUR",
    "amount": 1050,
    "captured_amount": 1000,
    "authorized": True,
    "reversed": False,
}
ENTRY = LedgerEntry("ref_1", JobType.PAYMENT, None, "EUR", 1000, 50, counts=True)
"""What is read of it."""
_OPERATION: dict[str, object] = {
    "booking": 1,
    "reference": "ref_2",
    "payment_reference": "ref_1",
    "booked_at": "2026-11-22T14:22:26.448Z",
    "currency": "EUR",
    "amount": 500,
    "accepted": True,
    "decline_code": None,
    "reversed": False,
}
CAPTURE = _OPERATION | {"kind": "capture", "net_amount": 500, "released_amount": 1050}
VOID = _OPERATION | {"kind": "void", "net_amount": 0, "released_amount": 500}
REFUND = _OPERATION | {"kind": "refund", "net_amount": -500, "released_amount": 0}


def page(*bookings: object, count: object = None) -> bytes:
    return json.dumps({"count": len(bookings) if count is None else count, "bookings": bookings}).encode()
