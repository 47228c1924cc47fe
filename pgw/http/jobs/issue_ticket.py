from typing import Any, cast

from quart import Response

from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.result import Err, Ok, Result
from pgw.http import answers, documents, idempotency
from pgw.http.body import read_document
from pgw.http.call import Call, Parts
from pgw.http.exchange import BODY
from pgw.http.idempotency import KeyedRequest

_NO_STORE = {"Cache-Control": "no-store"}
_REPLAYED = {**_NO_STORE, "Idempotent-Replayed": "true"}


async def issue_ticket(parts: Parts, call: Call) -> Response:
    """`POST /stream-tickets`: 201 and a ticket; with a key known, the one that was answered then.

    Nothing of it is stored: a key is known here until its ticket expires.
    """
    match idempotency.read_key(call.request.headers):
        case Err(detail):
            return answers.problem(parts, call, "InvalidIdempotencyKey", detail)
        case Ok(key):
            pass
    match _read_document(parts, call):
        case Err(refused):
            return refused
        case Ok(document):
            pass
    keyed = None if key is None else idempotency.keyed(parts, call, key, document)
    if keyed and (answered := await _answered_before(parts, call, keyed)):
        return answered
    if unknown := documents.unknown_members(document, ()):
        return answers.invalid_request(parts, call, unknown)
    return _issue(parts, call, keyed)


def _read_document(parts: Parts, call: Call) -> Result[dict[str, Any], Response]:
    """Read a body that has nothing to say, and may be left out."""
    if cast("dict[str, Any]", call.request.scope)[BODY] == Ok(b""):
        return Ok({})
    return read_document(parts, call)


async def _answered_before(parts: Parts, call: Call, keyed: KeyedRequest) -> Response | None:
    """Answer a key that was used before. From here to a new ticket nothing is waited for."""
    of_other = await parts.storage.claim(call.merchant_id, keyed.key)
    before = parts.tickets.claim(call.merchant_id, keyed.key)
    if of_other or (before and not keyed.is_of(before)):
        return answers.problem(parts, call, "IdempotencyKeyReused")
    if before is None:
        return None
    return Response(before.answer, 201, _REPLAYED, content_type="application/json")


def _issue(parts: Parts, call: Call, keyed: KeyedRequest | None) -> Response:
    if parts.stopping.is_set():
        return answers.problem(parts, call, Refusal.SHUTTING_DOWN)
    ticket = parts.tickets.new()
    document = {"ticket": ticket.text, "expiresAt": answers.timestamp(ticket.expires_at)}
    claim = None if keyed is None else Claim(keyed.key, keyed.fingerprint, "", answers.encode(document))
    refused = parts.tickets.issue(ticket, call.credential, claim)
    if refused is None:
        return answers.answer(document, 201, _NO_STORE)
    retry = {"Retry-After": str(refused.seconds)}
    if refused.of_merchant:
        return answers.problem(parts, call, "TooManyStreamTickets", headers=retry)
    return answers.problem(parts, call, Refusal.OVERLOADED, headers=retry)
