"""The public challenge's protocol, from the bank: an answer as a value of the port's closed unions."""

import http
import re
from collections.abc import Callable
from typing import Any

from pgw.bank.decline_codes import decline_code_of
from pgw.bank.documents import read_object
from pgw.bank.port import (
    Accepted,
    Answer,
    Authorization,
    Authorize,
    Authorized,
    Call,
    Capture,
    Declined,
    Doubtful,
    Finding,
    LookUp,
    NeverSeen,
    NotProcessed,
    NotReversible,
    OperationAnswer,
    Pending,
    Refund,
    Rejected,
    Reversal,
    Reverse,
    Reversed,
    Void,
)

NOT_AS_SPECIFIED = Doubtful("the answer is not as specified")
_CODE = re.compile(r"[!-~]{1,64}", re.ASCII)
_NO_CODE = (None, "")  # no set: what a bank sends may be a list, which has no hash
_Document = dict[str, Any]
_Decided = Authorized | Accepted | Declined | Doubtful
_Decide = Callable[[_Document], _Decided]


def decode(call: Call, status: int, body: bytes, *, is_clean: bool) -> Answer:
    """Read an answer, behind which nothing came where it `is_clean`. One not exactly as specified is none.

    That the bank did nothing, or undid it, is believed only of a clean answer that is to no other reference.
    """
    return read(call, status, body, is_clean=is_clean)[0]


def read(call: Call, status: int, body: bytes, *, is_clean: bool) -> tuple[Answer, bool]:
    """Do as `decode`, and tell whether the answer names the call's reference."""
    document = read_object(body)
    is_named = document is not None and document.get("reference") == call.reference
    return _answer(call, status, document, is_clean=is_clean), is_named


def _answer(call: Call, status: int, document: _Document | None, *, is_clean: bool) -> Answer:
    if document is not None and document.get("reference", call.reference) != call.reference:
        return Doubtful("the answer is to another reference")
    if status == http.HTTPStatus.SERVICE_UNAVAILABLE and is_clean:
        return NotProcessed()
    if status == http.HTTPStatus.OK and document is None:
        return Doubtful("the answer is not a JSON object")
    return _answer_of_its_kind(call, status, document, is_clean=is_clean)


def _answer_of_its_kind(call: Call, status: int, document: _Document | None, *, is_clean: bool) -> Answer:
    match call:
        case Authorize():
            return _authorization(status, document, is_clean=is_clean)
        case Capture() | Void() | Refund():
            return _operation_answer(status, document, is_clean=is_clean)
        case LookUp(_, is_operation):
            decide = _operation_decision if is_operation else _decision
            return _finding(status, document, decide, is_clean=is_clean)
        case Reverse():
            return _reversal(status, document, is_clean=is_clean)


def _authorization(status: int, document: _Document | None, *, is_clean: bool) -> Authorization:
    match status:
        case http.HTTPStatus.OK if document is not None:
            # A yes that does not count is for a look-up to tell.
            return _decision(document) if document.get("reversed", False) is False else NOT_AS_SPECIFIED
        case http.HTTPStatus.BAD_REQUEST if is_clean:
            return Rejected()
        case _:
            return Doubtful(f"the bank answered {status}")


def _operation_answer(status: int, document: _Document | None, *, is_clean: bool) -> OperationAnswer:
    match status:
        case http.HTTPStatus.OK if document is not None:
            # A yes that does not count is for a look-up to tell.
            does_count = document.get("reversed", False) is False
            return _operation_decision(document) if does_count else NOT_AS_SPECIFIED
        case http.HTTPStatus.BAD_REQUEST if is_clean:
            return Rejected()
        case _:
            return Doubtful(f"the bank answered {status}")


def _finding(status: int, document: _Document | None, decide: _Decide, *, is_clean: bool) -> Finding:
    match status:
        case http.HTTPStatus.OK if _is_exactly(document, "pending", value=True):
            return Pending()
        case http.HTTPStatus.OK if document is not None:
            return _decision_since(document, decide, is_clean=is_clean)
        case http.HTTPStatus.NOT_FOUND if is_clean and _is_exactly(document, "found", value=False):
            return NeverSeen()
        case _:
            return Doubtful(f"the bank answered {status}")


def _reversal(status: int, document: _Document | None, *, is_clean: bool) -> Reversal:
    match status:
        case http.HTTPStatus.OK if is_clean and _is_exactly(document, "reversed", value=True):
            return Reversed()
        case http.HTTPStatus.OK if is_clean and _is_exactly(document, "reversed", value=False):
            return NotReversible()
        case http.HTTPStatus.OK:
            return NOT_AS_SPECIFIED
        case _:
            return Doubtful(f"the bank answered {status}")


def _decision_since(document: _Document, decide: _Decide, *, is_clean: bool) -> _Decided | Reversed:
    """Read the answer that was given, with what happened since."""
    decision = decide(document)
    contradicts_itself = (
        document.get("pending", False) is not False or document.get("found", True) is not True
    )
    if isinstance(decision, Doubtful) or contradicts_itself:
        return NOT_AS_SPECIFIED
    match document.get("reversed", False):
        case False:
            return decision
        case True if is_clean:
            return Reversed()
        case _:
            return NOT_AS_SPECIFIED


def _decision(document: _Document) -> Authorized | Declined | Doubtful:
    code, decline_code = document.get("authorization_code"), document.get("decline_code")
    match document.get("authorized"):
        case True if _is_code(code) and decline_code in _NO_CODE:
            return Authorized(str(code))
        case False if code in _NO_CODE and (decline_code in _NO_CODE or _is_code(decline_code)):
            return _declined(decline_code or None)
        case _:
            return NOT_AS_SPECIFIED


def _operation_decision(document: _Document) -> Accepted | Declined | Doubtful:
    decline_code = document.get("decline_code")
    if "authorized" in document:
        # It is about a payment, whatever else it says.
        return NOT_AS_SPECIFIED
    match document.get("accepted"):
        case True if decline_code in _NO_CODE:
            return Accepted()
        case False if decline_code in _NO_CODE or _is_code(decline_code):
            return _declined(decline_code or None)
        case _:
            return NOT_AS_SPECIFIED


def _declined(word: str | None) -> Declined:
    code = decline_code_of(word)
    return Declined(code, bank_code=None if word == code else word)


def _is_exactly(document: _Document | None, member: str, *, value: bool) -> bool:
    """Tell whether this is all that the document says. `==` would take 1 for true."""
    return document is not None and len(document) == 1 and document.get(member) is value


def _is_code(value: object) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None
