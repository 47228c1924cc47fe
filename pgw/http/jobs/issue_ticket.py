from quart import Response

from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.result import Err, Ok
from pgw.http import answers, documents
from pgw.http.call import Call, Parts
from pgw.http.idempotency import KeyedRequest
from pgw.http.posted import read_keyed

_NO_STORE = {"Cache-Control": "no-store"}
_REPLAYED = {**_NO_STORE, "Idempotent-Replayed": "true"}


async def issue_ticket(parts: Parts, call: Call) -> Response:
    """`POST /stream-tickets`: 201 and a ticket; with a key known, the one that was answered then.

    Nothing of it is stored: a key is known here until its ticket expires.
    """
    match read_keyed(parts, call, or_none=True):
        case Err(refused):
            return refused
        case Ok(posted):
            pass
    if posted.keyed and (answered := await _answered_before(parts, call, posted.keyed)):
        return answered
    if unknown := documents.unknown_members(posted.document, ()):
        return answers.invalid_request(parts, call, unknown)
    return _issue(parts, call, posted.keyed)


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
