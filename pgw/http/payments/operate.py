from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from attrs import frozen
from quart import Response

from pgw.actors.gateway import submit_operation
from pgw.bank.port import BankFeature
from pgw.domain.errors import Invalid
from pgw.domain.operation import OperationOrder, OperationRefusal
from pgw.domain.payment import Payment
from pgw.domain.result import Err, Ok, Result
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.idempotency import KeyedRequest
from pgw.http.payments.acceptance import accepted, answered, under
from pgw.http.payments.operation_order import read_capture, read_refund, read_void
from pgw.http.payments.operation_refusal import why
from pgw.http.posted import in_time, read_posted
from pgw.storage.port import StorageUnavailable


@frozen
class _Kind:
    """How an operation is read, and what a bank must offer for it."""

    read: Callable[[Mapping[str, Any], Payment], Result[OperationOrder, list[Invalid]]]
    feature: BankFeature


_CAPTURE = _Kind(read_capture, BankFeature.CAPTURE_LATER)
_VOID = _Kind(read_void, BankFeature.CAPTURE_LATER)
_REFUND = _Kind(read_refund, BankFeature.REFUND)


async def capture(parts: Parts, call: Call, payment_id: str) -> Response:
    """`POST /payments/{id}/captures`: 202 and the job, as `submit` answers a payment."""
    return await _operate(parts, call, payment_id, _CAPTURE)


async def void(parts: Parts, call: Call, payment_id: str) -> Response:
    """`POST /payments/{id}/voids`: 202 and the job, as `submit` answers a payment."""
    return await _operate(parts, call, payment_id, _VOID)


async def refund(parts: Parts, call: Call, payment_id: str) -> Response:
    """`POST /payments/{id}/refunds`: 202 and the job, as `submit` answers a payment."""
    return await _operate(parts, call, payment_id, _REFUND)


async def _operate(parts: Parts, call: Call, payment_id: str, kind: _Kind) -> Response:
    match await read_posted(parts, call, or_none=True):
        case Err(refused):
            return refused
        case Ok(posted):
            keyed = posted.keyed
    payment = await parts.storage.payment(call.merchant_id, payment_id)
    if payment is None:
        return answers.problem(parts, call, OperationRefusal.UNKNOWN_PAYMENT)
    match kind.read(posted.document, payment):
        case Err(invalid):
            return answers.invalid_request(parts, call, invalid)
        case Ok(order):
            pass
    if kind.feature not in parts.gateway.bank_features:
        # It may have been offered when this very request was accepted.
        again = await keyed.answered_before(parts, call, accepted) if keyed else None
        return again or answers.problem(parts, call, "OperationNotSupported")
    return await in_time(parts, call, _submitted(parts, call, payment_id, order, keyed))


async def _submitted(
    parts: Parts, call: Call, payment_id: str, order: OperationOrder, keyed: KeyedRequest | None
) -> Response:
    key, make_claim = under(keyed)
    submitted = await submit_operation(
        parts.gateway, call.merchant_id, payment_id, order, call.request_id, key=key, make_claim=make_claim
    )
    refused = await _as_it_is(parts, call, payment_id) if isinstance(submitted, Err) else None
    return answered(parts, call, keyed, submitted, partial(why, refused, order))


async def _as_it_is(parts: Parts, call: Call, payment_id: str) -> Payment | None:
    """Return the payment that refused an operation; None where storage cannot tell."""
    try:
        return await parts.storage.payment(call.merchant_id, payment_id)
    except StorageUnavailable:
        return None
