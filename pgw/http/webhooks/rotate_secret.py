from datetime import timedelta
from functools import partial

from quart import Response

from pgw.domain.idempotency import Claim, ClaimOnce
from pgw.domain.result import Err, Ok
from pgw.domain.webhook import WebhookEndpoint
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.docs.operation import JSON
from pgw.http.idempotency import KeyedRequest
from pgw.http.posted import in_time, not_accepted, read_posted
from pgw.http.webhooks.endpoint_request import read_overlap
from pgw.http.webhooks.representation import endpoint_document, with_secret


async def rotate_secret(parts: Parts, call: Call, endpoint_id: str) -> Response:
    """`POST /webhook-endpoints/{id}/rotate-secret`: 200 and the endpoint with its new secret."""
    match await read_posted(parts, call, or_none=True):
        case Err(refused):
            return refused
        case Ok(posted):
            pass
    match read_overlap(posted.document):
        case Err(invalid):
            return answers.invalid_request(parts, call, invalid)
        case Ok(overlap):
            rotated = _rotate(parts, call, endpoint_id, overlap, posted.keyed)
            return await in_time(parts, call, rotated)


def _rotated(parts: Parts, _endpoint_id: str, document: str) -> Response:
    body = with_secret(document, parts.webhook_secrets)
    return Response(body, 200, {"Cache-Control": "no-store"}, content_type=JSON)


async def _rotate(
    parts: Parts, call: Call, endpoint_id: str, overlap: timedelta, keyed: KeyedRequest | None
) -> Response:
    change = partial(WebhookEndpoint.rotated, at=parts.clock.now(), overlap=overlap)
    claim = None if keyed is None else ClaimOnce(keyed.key, partial(_claim, keyed))
    match await parts.webhooks.change(call.merchant_id, endpoint_id, change, claim):
        case Ok(endpoint):
            return _rotated(parts, endpoint_id, answers.encode(endpoint_document(endpoint)))
        case Err(why):
            return not_accepted(parts, call, why, keyed, partial(_rotated, parts))


def _claim(keyed: KeyedRequest, endpoint: WebhookEndpoint) -> Claim:
    return keyed.claim(endpoint.id, answers.encode(endpoint_document(endpoint)))
