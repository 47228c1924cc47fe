"""Who sends a request, by the key in its `Authorization` header (RFC 6750), or by a ticket."""

from attrs import frozen
from quart import Response

from pgw.actors.key_ring import Credential, KeyRing
from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.merchant import Scope
from pgw.http import answers
from pgw.http.call import Call, Parts


@frozen
class Challenge:
    """What whoever is not known is told: a `WWW-Authenticate` header, and a sentence where there is more."""

    header: str
    detail: str | None = None


NO_KEY = Challenge("Bearer")
INVALID_KEY = Challenge('Bearer error="invalid_token"')
"""Whatever is wrong with a key that was sent: nothing more is learnt of it."""
INVALID_TICKET = Challenge(
    'Bearer error="invalid_token"',
    "The ticket is not good: each opens one stream, within 30 s. Get another one by POST /stream-tickets.",
)


def credential_of(ring: KeyRing, authorization: str | None) -> Credential | Challenge:
    """Return whose `Bearer` key this is, or the challenge to whoever sent none, or none that is honoured."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return NO_KEY
    return ring.find(key.strip()) or INVALID_KEY


def holder_of_key(parts: Parts, call: Call) -> Credential | Challenge:
    """Return whose key is in the header."""
    return credential_of(parts.keys, call.request.headers.get("Authorization"))


def holder_of_ticket(parts: Parts, call: Call) -> Credential | Challenge | Response:
    """Return whose ticket is in the query, or whose key in the header; a request has one of them.

    Refused where it has both, or two tickets (RFC 6750, section 2). A ticket that is looked at is used up.
    """
    tickets = call.request.args.getlist("ticket")
    if not tickets:
        return holder_of_key(parts, call)
    if len(tickets) > 1 or "Authorization" in call.request.headers:
        detail = "Send one `ticket` in the query, or the `Authorization` header, but not both."
        return answers.invalid_request(parts, call, [Invalid(InvalidCode.INVALID_PARAMETER, detail)])
    return parts.tickets.redeem(tickets[0]) or INVALID_TICKET


def unauthorized(parts: Parts, call: Call, challenge: Challenge) -> Response:
    headers = {"WWW-Authenticate": challenge.header}
    return answers.problem(parts, call, "UnauthorizedAccess", challenge.detail, headers=headers)


def refuse_without_scope(parts: Parts, call: Call, scope: Scope) -> Response | None:
    """Return what refuses a key that is good, but not for this (RFC 6750, section 3.1)."""
    if scope in call.credential.key.scopes:
        return None
    headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
    detail = f"The key has not the scope {scope}."
    return answers.problem(parts, call, "InsufficientScope", detail, headers=headers)
