"""The public challenge's protocol, towards the bank: a call as a request."""

import json
from typing import Any
from urllib.parse import quote

import httpcore

from pgw.bank.address import Address
from pgw.bank.port import Authorize, Call, LookUp, Reverse


def request_for(call: Call, address: Address) -> httpcore.Request:
    match call:
        case Authorize():
            return _payment(call, address)
        case LookUp(reference):
            return address.request(b"GET", _path_of(reference))
        case Reverse(reference):
            path = _path_of(reference) + b"/reversals"
            return address.request(b"POST", path, (b"Content-Length", b"0"))


def _payment(call: Authorize, address: Address) -> httpcore.Request:
    card, amount = call.card, call.amount
    document: dict[str, Any] = {
        "card_number": card.number.digits,
        "expiry_date": f"{card.expiry.month:02}/{card.expiry.year:04}",
        "currency": amount.currency.code,
        "amount": amount.minor_units,
        "cvv": card.cvv.digits,
    }
    if not call.capture:
        document["capture"] = False
    body = json.dumps(document).encode()
    return address.request(
        b"POST",
        b"/payments",
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"%d" % len(body)),
        (b"Idempotency-Key", call.reference.encode()),
        body=body,
    )


def _path_of(reference: str) -> bytes:
    return b"/payments/" + quote(reference, safe="").encode()
