from quart import Response

from pgw.domain.delivery import DeliveryKey
from pgw.domain.result import Err, Ok
from pgw.domain.webhook import RedeliveryRefusal
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.webhooks.delivery_query import read_query
from pgw.http.webhooks.representation import delivery_document


async def fetch_deliveries(parts: Parts, call: Call) -> Response:
    """`GET /webhook-deliveries`: a page of them, the newest first."""
    match read_query(call.request.args):
        case Err(invalid):
            return answers.invalid_request(parts, call, invalid)
        case Ok(query):
            pass
    # One more than the page has tells whether there is another one.
    found = await parts.storage.deliveries(call.merchant_id, query.wanted, query.before, query.limit + 1)
    page = found[: query.limit]
    document: dict[str, object] = {"data": [delivery_document(told) for told in page]}
    if len(found) > len(page):
        document["nextCursor"] = page[-1].delivery.key.id
    return answers.answer(document)


async def fetch_delivery(parts: Parts, call: Call, delivery_id: str) -> Response:
    """`GET /webhook-deliveries/{id}`."""
    key = DeliveryKey.of(delivery_id)
    told = await parts.storage.delivery(call.merchant_id, key) if key else None
    if told is None:
        return answers.problem(parts, call, RedeliveryRefusal.UNKNOWN)
    return answers.answer(delivery_document(told))
