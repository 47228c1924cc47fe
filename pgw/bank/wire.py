"""The public challenge's protocol: calls to requests, answers to the port's closed union."""

import http
import json
import re
from typing import Any

from pgw.bank.port import (
    Answer,
    Authorize,
    Authorized,
    Call,
    Declined,
    Doubtful,
    NotProcessed,
    Rejected,
)

DECLINE_CODE_WHERE_NONE_IS_GIVEN = "generic_decline"
_CODE = re.compile(r"[!-~]{1,64}", re.ASCII)
_NO_CODE = (None, "")  # no set: what a bank sends may be a list, which has no hash


def encode(call: Call) -> tuple[bytes, bytes]:
    """Return the path and the body of the request."""
    match call:
        case Authorize(amount=amount, card=card):
            document: dict[str, Any] = {
                "card_number": card.number.digits,
                "expiry_date": f"{card.expiry.month:02}/{card.expiry.year:04}",
                "currency": amount.currency.code,
                "amount": amount.minor_units,
                "cvv": card.cvv.digits,
            }
            if not call.capture:
                document["capture"] = False
            return b"/payments", json.dumps(document).encode()


def decode(call: Call, status: int, body: bytes, *, is_clean: bool) -> Answer:
    """Read an answer, behind which nothing came where it `is_clean`. One not exactly as specified is none.

    That the bank did nothing is believed only of a clean answer that is to no other reference.
    """
    document = _document(body)
    if document is not None and document.get("reference", call.reference) != call.reference:
        return Doubtful("the answer is to another reference")
    match status:
        case http.HTTPStatus.OK if document is not None:
            return _decision(document)
        case http.HTTPStatus.OK:
            return Doubtful("the answer is not a JSON object")
        case http.HTTPStatus.BAD_REQUEST if is_clean:
            return Rejected()
        case http.HTTPStatus.SERVICE_UNAVAILABLE if is_clean:
            return NotProcessed()
        case _:
            return Doubtful(f"the bank answered {status}")


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _decision(document: dict[str, Any]) -> Answer:
    code, decline_code = document.get("authorization_code"), document.get("decline_code")
    match document.get("authorized"):
        case True if _is_code(code) and decline_code in _NO_CODE:
            return Authorized(str(code))
        case False if code in _NO_CODE and (decline_code in _NO_CODE or _is_code(decline_code)):
            return Declined(decline_code or DECLINE_CODE_WHERE_NONE_IS_GIVEN)
        case _:
            return Doubtful("the answer is not as specified")


def _is_code(value: object) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def _without_duplicates(members: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(members)
    if len(document) < len(members):
        raise ValueError("a member appears twice")
    return document


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")
