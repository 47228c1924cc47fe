"""The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header), and what tells requests apart."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from attrs import field, frozen
from quart import Response
from werkzeug.datastructures import Headers

from pgw.domain.idempotency import Claim
from pgw.domain.result import Err, Ok, Result
from pgw.http import answers
from pgw.http.call import Call, Parts

Accepted = Callable[[str, str], Response]
"""Makes the answer, now and ever again, of the id of what was accepted and of the JSON that is kept."""

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
# RFC 8941, section 3.3.3; nothing but a quote and a backslash is escaped.
_STRING = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_ESCAPED = re.compile(r"\\(.)")


@frozen
class KeyedRequest:
    """A request under a key of its merchant's: a digest of the key, and a keyed hash of the request."""

    key: str
    fingerprint: str = field(repr=False)

    def claim(self, subject_id: str, document: str) -> Claim:
        """Return what is kept when the request is accepted: the id of what it became, and that in JSON."""
        return Claim(self.key, self.fingerprint, subject_id, document)

    def is_of(self, before: Claim) -> bool:
        """Tell whether the claim is that of this very request."""
        return hmac.compare_digest(self.fingerprint, before.fingerprint)

    def answer_again(self, parts: Parts, call: Call, before: Claim, accepted: Accepted) -> Response:
        """Answer what was accepted before under the key: the same once more, if it was this very request."""
        if not self.is_of(before):
            return answers.problem(parts, call, "IdempotencyKeyReused")
        answer = accepted(before.subject_id, before.answer)
        answer.headers["Idempotent-Replayed"] = "true"
        return answer

    async def answered_before(self, parts: Parts, call: Call, accepted: Accepted) -> Response | None:
        """Answer this very request again where it was accepted, though it would be refused by now."""
        before = await parts.storage.claim(call.merchant_id, self.key)
        if before is None or not self.is_of(before):
            return None
        return self.answer_again(parts, call, before, accepted)


def read_key(headers: Headers) -> Result[str | None, str]:
    """Return the caller's key, None where it sent none, or a sentence on what is wrong with it."""
    values = headers.getlist(HEADER)
    if not values:
        return Ok(None)
    if len(values) > 1:
        return Err("The header Idempotency-Key was sent more than once.")
    match _unquoted(values[0].strip(" ")):
        case Ok(key) if not key:
            return Err("The idempotency key is empty.")
        case Ok(key) if len(key) > LONGEST_KEY:
            return Err(f"An idempotency key has at most {LONGEST_KEY} characters.")
        case read:
            return read


def _unquoted(text: str) -> Result[str, str]:
    if not _PRINTABLE.fullmatch(text):
        return Err("An idempotency key is of printable ASCII characters.")
    if not text.startswith('"'):
        # A comma may also be a proxy's, which has joined two headers into one.
        detail = "An idempotency key with a quote or a comma in it must be quoted."
        return Err(detail) if '"' in text or "," in text else Ok(text)
    quoted = _STRING.fullmatch(text)
    if quoted is None:
        return Err('A quoted idempotency key ends with a quote, and inside it only \\" and \\\\ escape.')
    return Ok(_ESCAPED.sub(r"\1", quoted[1]))


def keyed(parts: Parts, call: Call, key: str, document: Mapping[str, Any]) -> KeyedRequest:
    """Return the request with the key as it is kept: without the secret, so that losing it frees no key."""
    request = call.request
    return KeyedRequest(
        sha256(key.encode()).hexdigest(), fingerprint(parts.secret, request.method, request.path, document)
    )


def fingerprint(secret: bytes, method: str, path: str, document: Mapping[str, Any]) -> str:
    """Return an HMAC-SHA256 of a request in hex, which is alike for what means the same.

    The CVV is left out: a hash of three digits would give them away with the secret (PCI DSS 3.3.1).
    """
    card = document.get("card")
    if isinstance(card, dict):
        document = {**document, "card": {name: value for name, value in card.items() if name != "cvv"}}
    return hmac.new(secret, _canonical([method, path, document]).encode(), sha256).hexdigest()


def _canonical(value: object) -> str:
    """Return parsed JSON as text: members in order of their names, each number in one spelling."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_canonical(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, Decimal) or type(value) is int:
        return _number(Decimal(value))
    return json.dumps(value)


def _number(number: Decimal) -> str:
    """Return a number's digits and its exponent, never written out, since the exponent may be huge."""
    if not number:
        return "0"
    digits, _, exponent = f"{number:E}".partition("E")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}E{exponent}"
