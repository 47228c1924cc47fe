from quart import Response

from pgw.domain.webhook import EndpointRefusal
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.webhooks.representation import endpoint_document


async def fetch_endpoints(parts: Parts, call: Call) -> Response:
    """`GET /webhook-endpoints`: all there are, which are few."""
    endpoints = await parts.storage.endpoints(call.merchant_id)
    return answers.answer({"data": [endpoint_document(endpoint) for endpoint in endpoints]})


async def fetch_endpoint(parts: Parts, call: Call, endpoint_id: str) -> Response:
    """`GET /webhook-endpoints/{id}`."""
    endpoint = await parts.storage.endpoint(call.merchant_id, endpoint_id)
    if endpoint is None:
        return answers.problem(parts, call, EndpointRefusal.UNKNOWN)
    return answers.answer(endpoint_document(endpoint))
