from functools import partial

from quart import Response

from pgw.domain.delivery import DeliveryKey, DeliveryTold
from pgw.domain.idempotency import Claim, ClaimOnce
from pgw.domain.result import Err, Ok
from pgw.domain.webhook import RedeliveryRefusal
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.docs.operation import JSON
from pgw.http.documents import unknown_members
from pgw.http.idempotency import KeyedRequest
from pgw.http.posted import in_time, not_accepted, read_posted
from pgw.http.webhooks.representation import delivery_document


async def redeliver(parts: Parts, call: Call, delivery_id: str) -> Response:
    """`POST /webhook-deliveries/{id}/redeliver`: 202 and the delivery, which is due again."""
    match await read_posted(parts, call, or_none=True):
        case Err(refused):
            return refused
        case Ok(posted):
            pass
    if invalid := unknown_members(posted.document, ()):
        return answers.invalid_request(parts, call, invalid)
    key = DeliveryKey.of(delivery_id)
    if key is None:
        return answers.problem(parts, call, RedeliveryRefusal.UNKNOWN)
    return await in_time(parts, call, _redeliver(parts, call, key, posted.keyed))


def _accepted(delivery_id: str, document: str) -> Response:
    headers = {"Location": f"/webhook-deliveries/{delivery_id}"}
    return Response(document, 202, headers, content_type=JSON)


async def _redeliver(parts: Parts, call: Call, key: DeliveryKey, keyed: KeyedRequest | None) -> Response:
    claim = None if keyed is None else ClaimOnce(keyed.key, partial(_claim, keyed))
    match await parts.webhooks.redeliver(call.merchant_id, key, claim):
        case Ok(told):
            return _accepted(key.id, answers.encode(delivery_document(told)))
        case Err(why):
            return not_accepted(parts, call, why, keyed, _accepted)


def _claim(keyed: KeyedRequest, told: DeliveryTold) -> Claim:
    return keyed.claim(told.delivery.key.id, answers.encode(delivery_document(told)))
