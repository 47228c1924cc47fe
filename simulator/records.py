"""What the ledger file holds: bookings and reversals, each as one line of JSON."""

import enum
import json
from datetime import datetime

import attrs

from simulator.booking import Booking, Kind, Misbehaviour, OperationBooking, PaymentBooking


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
            fields = attrs.asdict(booking, value_serializer=_plain) | {"fingerprint": fingerprint.hex()}
        case Reversed(reference):
            fields = {"reversed": reference}
    return json.dumps(fields, separators=(",", ":")).encode()


def _plain(_owner: object, _attribute: object, value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case enum.Enum():
            return value.value
    return value


def read_record(line: bytes) -> Record:
    """Read what `write_record` wrote, also before there were operations; its checksum was compared."""
    fields = json.loads(line)
    if "reversed" in fields:
        return Reversed(fields["reversed"])
    fingerprint = bytes.fromhex(fields.pop("fingerprint"))
    booked_at = datetime.fromisoformat(fields.pop("booked_at"))
    if "kind" in fields:
        kind = Kind(fields.pop("kind"))
        return Booked(OperationBooking(kind=kind, booked_at=booked_at, **fields), fingerprint)
    misbehaviour = fields.pop("misbehaviour", None)
    misbehaviour = None if misbehaviour is None else Misbehaviour(misbehaviour)
    return Booked(PaymentBooking(booked_at=booked_at, misbehaviour=misbehaviour, **fields), fingerprint)
