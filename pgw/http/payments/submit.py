from typing import Any, cast

from quart import Response

from pgw.actors.gateway import submit_payment
from pgw.domain.errors import Refusal
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Err, Ok
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.door import TURNED_AWAY
from pgw.http.idempotency import KeyedRequest
from pgw.http.payments.acceptance import accepted, answered, under
from pgw.http.payments.order import read_order
from pgw.http.posted import in_time, read_posted


async def submit(parts: Parts, call: Call) -> Response:
    """`POST /payments`: 202 and the job, once both are on disk; with a key known, what was answered then.

    It owns nothing: a payment that was accepted is its actor's, whatever becomes of this request.
    """
    if cast("dict[str, Any]", call.request.scope).get(TURNED_AWAY):
        return answers.problem(parts, call, Refusal.OVERLOADED)
    match await read_posted(parts, call):
        case Err(refused):
            return refused
        case Ok(posted):
            keyed = posted.keyed
    match read_order(posted.document, parts.clock.now(), parts.gateway.bank_features):
        case Err(invalid):
            # A card may have expired since.
            again = await keyed.answered_before(parts, call, accepted) if keyed else None
            return again or answers.invalid_request(parts, call, invalid)
        case Ok(order):
            return await in_time(parts, call, _submitted(parts, call, order, keyed))


async def _submitted(parts: Parts, call: Call, order: PaymentOrder, keyed: KeyedRequest | None) -> Response:
    key, make_claim = under(keyed)
    submitted = await submit_payment(
        parts.gateway, call.merchant_id, order, call.request_id, key=key, make_claim=make_claim
    )
    return answered(parts, call, keyed, submitted)
