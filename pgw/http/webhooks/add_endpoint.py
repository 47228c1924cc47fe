from functools import partial

from quart import Response

from pgw.domain.result import Err, Ok
from pgw.domain.webhook import WebhookEndpoint
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.docs.operation import JSON
from pgw.http.idempotency import KeyedRequest
from pgw.http.posted import in_time, not_accepted, read_posted
from pgw.http.webhooks.endpoint_request import EndpointOrder, read_endpoint
from pgw.http.webhooks.representation import endpoint_document, with_secret


async def add_endpoint(parts: Parts, call: Call) -> Response:
    """`POST /webhook-endpoints`: 201 and the endpoint with its secret, which no other answer repeats."""
    match await read_posted(parts, call):
        case Err(refused):
            return refused
        case Ok(posted):
            keyed = posted.keyed
    match read_endpoint(posted.document, parts.read_endpoint_url):
        case Err(invalid):
            # Private addresses may have been allowed then.
            again = await keyed.answered_before(parts, call, partial(_added, parts)) if keyed else None
            return again or answers.invalid_request(parts, call, invalid)
        case Ok(order):
            return await in_time(parts, call, _add(parts, call, order, keyed))


def _added(parts: Parts, endpoint_id: str, document: str) -> Response:
    body = with_secret(document, parts.webhook_secrets)
    headers = {"Location": f"/webhook-endpoints/{endpoint_id}", "Cache-Control": "no-store"}
    return Response(body, 201, headers, content_type=JSON)


async def _add(parts: Parts, call: Call, order: EndpointOrder, keyed: KeyedRequest | None) -> Response:
    endpoint = WebhookEndpoint.added(
        parts.ids.new("whe"),
        call.merchant_id,
        order.url,
        parts.clock.now(),
        description=order.description,
        event_types=order.event_types,
    )
    document = answers.encode(endpoint_document(endpoint))
    claim = None if keyed is None else keyed.claim(endpoint.id, document)
    match await parts.webhooks.add(endpoint, claim):
        case Ok():
            return _added(parts, endpoint.id, document)
        case Err(why):
            return not_accepted(parts, call, why, keyed, partial(_added, parts))
