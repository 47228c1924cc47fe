from typing import Any, cast

import trio
from quart import Response

from pgw.actors.gateway import submit_payment
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Err, Ok
from pgw.http import answers, idempotency
from pgw.http.body import read_document
from pgw.http.call import Call, Parts
from pgw.http.door import TURNED_AWAY
from pgw.http.idempotency import KeyedRequest
from pgw.http.jobs.representation import job_document
from pgw.http.payments.order import read_order

ACCEPTANCE_SECONDS = 30.0


async def submit(parts: Parts, call: Call) -> Response:
    """`POST /payments`: 202 and the job, once both are on disk; with a key known, what was answered then.

    It owns nothing: a payment that was accepted is its actor's, whatever becomes of this request.
    """
    if cast("dict[str, Any]", call.request.scope).get(TURNED_AWAY):
        return answers.problem(parts, call, Refusal.OVERLOADED)
    match idempotency.read_key(call.request.headers):
        case Err(detail):
            return answers.problem(parts, call, "InvalidIdempotencyKey", detail)
        case Ok(key):
            pass
    match read_document(parts, call):
        case Err(refused):
            return refused
        case Ok(document):
            pass
    keyed = None if key is None else idempotency.keyed(parts, call, key, document)
    match read_order(document, parts.clock.now(), parts.gateway.bank_features):
        case Err(invalid):
            return await _answered_before(parts, call, keyed) or answers.invalid_request(parts, call, invalid)
        case Ok(order):
            pass
    with trio.move_on_after(ACCEPTANCE_SECONDS):
        return await _accepted(parts, call, order, keyed)
    # It may have been accepted meanwhile, which is what this answer says.
    return answers.problem(parts, call, "InternalError")


async def _answered_before(parts: Parts, call: Call, keyed: KeyedRequest | None) -> Response | None:
    """Answer again what was valid when it was accepted: a card may have expired since."""
    before = keyed and await parts.storage.claim(call.merchant_id, keyed.key)
    return keyed.answer_again(parts, call, before) if keyed and before and keyed.is_of(before) else None


async def _accepted(parts: Parts, call: Call, order: PaymentOrder, keyed: KeyedRequest | None) -> Response:
    key, make_claim = (keyed.key, keyed.claim) if keyed else (None, None)
    match await submit_payment(
        parts.gateway, call.merchant_id, order, call.request_id, key=key, make_claim=make_claim
    ):
        case Err(Refusal.IDEMPOTENCY_KEY_IN_USE as in_use):
            retry = {"Retry-After": str(answers.RETRY_AFTER_SECONDS)}
            return answers.problem(parts, call, in_use, headers=retry)
        case Err(refusal):
            return answers.problem(parts, call, refusal)
        case Ok(Job() as job):
            return answers.answer(job_document(job), 202, {"Location": f"/jobs/{job.id}"})
        case Ok(before):
            assert isinstance(before, Claim)
            assert keyed is not None, "what was accepted before is found by its key"
            return keyed.answer_again(parts, call, before)
