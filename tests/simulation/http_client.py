"""A client that sends its orders by HTTP, through the real front door."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from pgw.domain.operation import CaptureOrder, OperationOrder, RefundOrder, VoidOrder
from tests.simulation.clients import Accepted, Answer, Instruction, NoAnswer, Order, Refused
from tests.simulation.front_door import Client, Unanswered
from tests.simulation.log_lines import LIFE
from tests.simulation.process import Process

# What says that nothing was accepted: the request did not come whole in time, or the gateway refused it.
REFUSALS = {408: "RequestTimeout", 429: "RateLimited"}


@frozen
class HttpClient:
    process: Process
    http: Client

    async def post_payment(self, order: Order) -> Answer:
        document = {
            "amount": _major(order.amount),
            "currency": "EUR",
            "capture": order.capture,
            "card": {"number": "4242424242424242", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034},
        }
        return await self._post("/payments", document, order.key)

    async def post_operation(self, instruction: Instruction) -> Answer:
        what, document = _operation(instruction.order)
        path = f"/payments/{instruction.payment_id}/{what}"
        return await self._post(path, document, instruction.key, instruction.request_id)

    async def _post(
        self, path: str, document: Mapping[str, Any] | None, key: str | None, request_id: str | None = None
    ) -> Answer:
        LIFE.set(self.process.life)
        try:
            answer = await self.http.post(path, document, key, request_id)
        except Unanswered:
            return NoAnswer()
        match answer.status:
            case 202:
                return Accepted(str(answer.document["jobId"]), str(answer.document["paymentId"]))
            case 500:
                return NoAnswer()
            case 409 | 503:
                return Refused(str(answer.document["code"]))
            case 408 | 429:
                return Refused(REFUSALS[answer.status])
            case status:
                raise AssertionError(f"{path} {document} was answered {status}: {answer.body!r}")


def _operation(order: OperationOrder) -> tuple[str, Mapping[str, Any] | None]:
    """Return the end of its path, and its body."""
    match order:
        case CaptureOrder(amount, is_final):
            return "captures", _amount(amount) | ({"final": True} if is_final else {})
        case VoidOrder():
            return "voids", None
        case RefundOrder(amount, reason):
            return "refunds", _amount(amount) | ({} if reason is None else {"reason": reason})


def _amount(amount: int | None) -> dict[str, Any]:
    return {} if amount is None else {"amount": _major(amount)}


def _major(minor_units: int) -> str:
    return f"{minor_units // 100}.{minor_units % 100:02}"
