"""A bank's ledger as JSON: one booking, and pages of them."""

import json

from pgw.bank.ledger_port import LedgerEntry

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
ENTRY = LedgerEntry("ref_1", "EUR", 1050, 1000, authorized=True, reversed=False)


def page(*bookings: object, count: object = None) -> bytes:
    return json.dumps({"count": len(bookings) if count is None else count, "bookings": bookings}).encode()
