"""What a `POST` under an `Idempotency-Key` begins with, and what one that writes ends with at the latest."""

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any

import trio
from attrs import field, frozen
from quart import Response

from pgw.domain.idempotency import Claim
from pgw.domain.result import Err, Ok, Result
from pgw.http import answers, idempotency
from pgw.http.body import read_document
from pgw.http.call import Call, Parts
from pgw.http.idempotency import Accepted, KeyedRequest
from pgw.storage.port import StorageUnavailable

ACCEPTANCE_SECONDS = 30.0


@frozen
class Posted:
    """A request's JSON object, and the request under its key, if it has one."""

    document: Mapping[str, Any] = field(repr=False)
    keyed: KeyedRequest | None


def read_keyed(parts: Parts, call: Call, *, or_none: bool = False) -> Result[Posted, Response]:
    """Read what was posted, or the answer that refuses it; with `or_none` there need be no body."""
    match idempotency.read_key(call.request.headers):
        case Err(detail):
            return Err(answers.problem(parts, call, "InvalidIdempotencyKey", detail))
        case Ok(key):
            pass
    match read_document(parts, call, or_none=or_none):
        case Err() as refused:
            return refused
        case Ok(document):
            keyed = None if key is None else idempotency.keyed(parts, call, key, document)
            return Ok(Posted(document, keyed))


async def read_posted(parts: Parts, call: Call, *, or_none: bool = False) -> Result[Posted, Response]:
    """Read what was posted under a key that is no ticket's, or the answer that refuses it."""
    read = read_keyed(parts, call, or_none=or_none)
    if isinstance(read, Ok) and (keyed := read.value.keyed) and await _is_a_tickets(parts, call, keyed.key):
        return Err(answers.problem(parts, call, "IdempotencyKeyReused"))
    return read


async def _is_a_tickets(parts: Parts, call: Call, key: str) -> bool:
    """Tell whether a ticket was answered under the key, of which storage knows nothing."""
    if parts.tickets.claim(call.merchant_id, key) is None:
        return False
    return await parts.storage.claim(call.merchant_id, key) is None


def not_accepted(
    parts: Parts, call: Call, why: StrEnum | Claim, keyed: KeyedRequest | None, accepted: Accepted
) -> Response:
    """Answer a refusal, or what was accepted under the key before, which makes it no refusal at all."""
    if not isinstance(why, Claim):
        return answers.problem(parts, call, why)
    assert keyed is not None, "what was accepted before is found by its key"
    return keyed.answer_again(parts, call, why, accepted)


async def in_time(parts: Parts, call: Call, written: Awaitable[Response]) -> Response:
    """Answer what is written, within `ACCEPTANCE_SECONDS`."""
    # A write that has not ended in time, or has failed, may have taken place: so says the last answer.
    with trio.move_on_after(ACCEPTANCE_SECONDS), suppress(StorageUnavailable):
        return await written
    return answers.problem(parts, call, "InternalError")
