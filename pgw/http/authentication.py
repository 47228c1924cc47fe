"""Who sends a request, by the key in its `Authorization` header (RFC 6750)."""

from quart import Response

from pgw.actors.key_ring import Credential, KeyRing
from pgw.domain.merchant import Scope
from pgw.http import answers
from pgw.http.call import Call, Parts

NO_KEY = "Bearer"
INVALID_KEY = 'Bearer error="invalid_token"'
"""Whatever is wrong with a key that was sent: nothing more is learnt of it."""


def credential_of(ring: KeyRing, authorization: str | None) -> Credential | str:
    """Return whose `Bearer` key this is, or the challenge to whoever sent none, or none that is honoured."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return NO_KEY
    return ring.find(key.strip()) or INVALID_KEY


def unauthorized(parts: Parts, call: Call, challenge: str) -> Response:
    headers = {"WWW-Authenticate": challenge}
    return answers.problem(parts, call, "UnauthorizedAccess", headers=headers)


def insufficient_scope(parts: Parts, call: Call, scope: Scope) -> Response:
    """Refuse a key that is good, but not for this (RFC 6750, section 3.1)."""
    headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
    detail = f"The key has not the scope {scope}."
    return answers.problem(parts, call, "InsufficientScope", detail, headers=headers)
