"""What a booking looks like in JSON: to the one who paid, and in the ledger."""

import json
from collections.abc import Iterable

from simulator.answers import Answer, json_answer
from simulator.booking import Booking
from simulator.ledger import Ledger


def answer_about(booking: Booking, *, is_reversed: bool = False) -> Answer:
    """Build the answer to a payment, which a look-up gives again with what happened since."""
    fields: dict[str, object] = {
        "authorized": booking.authorized,
        "authorization_code": booking.authorization_code,
    }
    if booking.decline_code is not None:
        fields["decline_code"] = booking.decline_code
    if booking.reference is not None:
        fields["reference"] = booking.reference
    if is_reversed:
        fields["reversed"] = True
    return json_answer(200, fields)


def statement(ledger: Ledger, bookings: Iterable[Booking]) -> Answer:
    """Build the ledger's page: one booking a line, each encoded alone to let other calls in between."""
    lines = ",\n".join(json.dumps(_entry(ledger, booking)) for booking in bookings)
    head = f'"count": {ledger.count}, "tombstones": {ledger.tombstones}'
    return Answer(200, f'{{{head}, "bookings": [\n{lines}\n]}}\n'.encode())


def _entry(ledger: Ledger, booking: Booking) -> dict[str, object]:
    submission = ledger.submission(booking.reference)
    is_reversed = submission is not None and submission.reversed
    return {
        "booking": booking.number,
        "reference": booking.reference,
        "booked_at": booking.booked_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "last_four": booking.last_four,
        "currency": booking.currency,
        "amount": booking.amount,
        "captured_amount": booking.captured_amount,
        "reversed": is_reversed,
        "net_amount": 0 if is_reversed else booking.captured_amount,
        "authorized": booking.authorized,
        "authorization_code": booking.authorization_code,
        "decline_code": booking.decline_code,
        "submissions": submission.count if submission else 1,
    }
