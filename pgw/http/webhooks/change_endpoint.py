from functools import partial

from quart import Response

from pgw.domain.result import Err, Ok
from pgw.domain.webhook import EndpointRefusal, WebhookEndpoint
from pgw.http import answers
from pgw.http.body import read_document
from pgw.http.call import Call, Parts
from pgw.http.docs.operation import JSON, MERGE_PATCH
from pgw.http.posted import in_time
from pgw.http.webhooks.endpoint_request import read_patch
from pgw.http.webhooks.representation import endpoint_document
from pgw.storage.webhook_port import EndpointChange


async def change_endpoint(parts: Parts, call: Call, endpoint_id: str) -> Response:
    """`PATCH /webhook-endpoints/{id}`: a JSON merge patch (RFC 7396) of what a merchant says of it."""
    match read_document(parts, call, media_types=(JSON, MERGE_PATCH)):
        case Err(refused):
            return refused
        case Ok(document):
            pass
    match read_patch(document, parts.read_endpoint_url):
        case Err(invalid):
            return answers.invalid_request(parts, call, invalid)
        case Ok(patch):
            change = partial(patch.applied_to, at=parts.clock.now())
            return await in_time(parts, call, _change(parts, call, endpoint_id, change))


async def delete_endpoint(parts: Parts, call: Call, endpoint_id: str) -> Response:
    """`DELETE /webhook-endpoints/{id}`: nothing is sent to it any more, nor told of it."""
    change = partial(WebhookEndpoint.deleted, at=parts.clock.now())
    return await in_time(parts, call, _change(parts, call, endpoint_id, change))


async def _change(parts: Parts, call: Call, endpoint_id: str, change: EndpointChange) -> Response:
    match await parts.webhooks.change(call.merchant_id, endpoint_id, change):
        case Ok(endpoint):
            return answers.nothing() if endpoint.is_deleted else answers.answer(endpoint_document(endpoint))
        case Err(refusal):
            assert isinstance(refusal, EndpointRefusal), "there is no key"
            return answers.problem(parts, call, refusal)
