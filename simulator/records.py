"""What the ledger file holds: bookings and reversals, each as one line of JSON."""

import json
from datetime import datetime

import attrs

from simulator.booking import Booking


@attrs.frozen
class Booked:
    booking: Booking
    fingerprint: bytes
    """Of the request, so that a repeat is told from a reuse of its reference after a restart too."""


@attrs.frozen
class Reversed:
    reference: str
    """Booked or not: what is reversed may never have arrived."""


Record = Booked | Reversed


def write_record(record: Record) -> bytes:
    match record:
        case Booked(booking, fingerprint):
            fields = attrs.asdict(booking) | {
                "booked_at": booking.booked_at.isoformat(),
                "fingerprint": fingerprint.hex(),
            }
        case Reversed(reference):
            fields = {"reversed": reference}
    return json.dumps(fields, separators=(",", ":")).encode()


def read_record(line: bytes) -> Record:
    """Read what `write_record` wrote, and nothing else: its checksum was compared before."""
    fields = json.loads(line)
    if "reversed" in fields:
        return Reversed(fields["reversed"])
    fingerprint = bytes.fromhex(fields.pop("fingerprint"))
    booked_at = datetime.fromisoformat(fields.pop("booked_at"))
    return Booked(Booking(booked_at=booked_at, **fields), fingerprint)
