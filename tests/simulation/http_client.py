"""A client that sends its orders by HTTP, through the real front door."""

from attrs import frozen

from tests.simulation.clients import Accepted, Answer, NoAnswer, Order, Refused
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
        LIFE.set(self.process.life)
        document = {
            "amount": f"{order.amount // 100}.{order.amount % 100:02}",
            "currency": "EUR",
            "card": {"number": "4242424242424242", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034},
        }
        try:
            answer = await self.http.post_payment(document, order.key)
        except Unanswered:
            return NoAnswer()
        match answer.status:
            case 202:
                return Accepted(str(answer.document["jobId"]))
            case 500:
                return NoAnswer()
            case 409 | 503:
                return Refused(str(answer.document["code"]))
            case 408 | 429:
                return Refused(REFUSALS[answer.status])
            case status:
                raise AssertionError(f"the order of {order.amount} was answered {status}: {answer.body!r}")
