"""The public challenge's protocol, towards the bank: a call as a request."""

import json
from typing import Any
from urllib.parse import quote

import httpcore

from pgw.bank.address import Address
from pgw.bank.port import Authorize, Call, Capture, LookUp, Refund, Reverse, Void
from pgw.domain.money import Money


def request_for(call: Call, address: Address) -> httpcore.Request:
    match call:
        case Authorize():
            return _payment(call, address)
        case Capture(reference, of, amount, is_final):
            return _operation(address, of, b"/captures", reference, _capture(amount, is_final=is_final))
        case Void(reference, of):
            return _operation(address, of, b"/voids", reference)
        case Refund(reference, of, amount):
            return _operation(address, of, b"/refunds", reference, {"amount": amount.minor_units})
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
    return _posted(address, b"/payments", call.reference, document)


def _capture(amount: Money, *, is_final: bool) -> dict[str, Any]:
    document: dict[str, Any] = {"amount": amount.minor_units}
    return {**document, "final": True} if is_final else document


def _operation(
    address: Address, of: str, what: bytes, reference: str, document: dict[str, Any] | None = None
) -> httpcore.Request:
    """Return an operation under its own reference, on the payment that the bank knows under another."""
    return _posted(address, _path_of(of) + what, reference, document)


def _posted(
    address: Address, path: bytes, reference: str, document: dict[str, Any] | None
) -> httpcore.Request:
    body = b"" if document is None else json.dumps(document).encode()
    headers = [(b"Content-Length", b"%d" % len(body)), (b"Idempotency-Key", reference.encode())]
    if body:
        headers.insert(0, (b"Content-Type", b"application/json"))
    return address.request(b"POST", path, *headers, body=body)


def _path_of(reference: str) -> bytes:
    return b"/payments/" + quote(reference, safe="").encode()
