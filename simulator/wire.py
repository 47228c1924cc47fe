"""What a booking looks like in JSON: to the one who asked for it, and in the ledger."""

import json
from collections.abc import Iterable

from simulator.answers import Answer, json_answer
from simulator.booking import Booking, OperationBooking, PaymentBooking
from simulator.ledger import Ledger


def answer_about(booking: Booking, *, is_reversed: bool = False) -> Answer:
    """Build the answer to a payment or an operation, which a look-up gives again with what happened since."""
    fields = _decision(booking)
    if booking.decline_code is not None:
        fields["decline_code"] = booking.decline_code
    if booking.reference is not None:
        fields["reference"] = booking.reference
    if is_reversed:
        fields["reversed"] = True
    return json_answer(200, fields)


def _decision(booking: Booking) -> dict[str, object]:
    match booking:
        case PaymentBooking():
            return {"authorized": booking.authorized, "authorization_code": booking.authorization_code}
        case OperationBooking():
            return {"accepted": booking.accepted}


def statement(ledger: Ledger, bookings: Iterable[Booking]) -> Answer:
    """Build the ledger's page: one booking a line, each encoded alone to let other calls in between."""
    lines = ",\n".join(json.dumps(_entry(ledger, booking)) for booking in bookings)
    head = f'"count": {ledger.count}, "tombstones": {ledger.tombstones}'
    return Answer(200, f'{{{head}, "bookings": [\n{lines}\n]}}\n'.encode())


def _entry(ledger: Ledger, booking: Booking) -> dict[str, object]:
    submission = ledger.submission(booking.reference)
    is_reversed = ledger.is_reversed(booking)
    match booking:
        case PaymentBooking():
            effect = _of_payment(booking, is_reversed=is_reversed)
        case OperationBooking():
            effect = _of_operation(booking, is_reversed=is_reversed)
    return {
        "booking": booking.number,
        "kind": booking.kind.value,
        "reference": booking.reference,
        "booked_at": booking.booked_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **effect,
        "decline_code": booking.decline_code,
        "submissions": submission.count if submission else 1,
    }


def _of_payment(booking: PaymentBooking, *, is_reversed: bool) -> dict[str, object]:
    return {
        "last_four": booking.last_four,
        "currency": booking.currency,
        "amount": booking.amount,
        "captured_amount": booking.captured_amount,
        "reversed": is_reversed,
        "net_amount": 0 if is_reversed else booking.captured_amount,
        "authorized": booking.authorized,
        "authorization_code": booking.authorization_code,
    }


def _of_operation(booking: OperationBooking, *, is_reversed: bool) -> dict[str, object]:
    return {
        "payment_reference": booking.payment_reference,
        "currency": booking.currency,
        "amount": booking.amount,
        "reversed": is_reversed,
        "net_amount": 0 if is_reversed else booking.net_amount,
        "released_amount": 0 if is_reversed else booking.released_amount,
        "accepted": booking.accepted,
    }
