"""What the gateway asks of whatever brings an event to an endpoint."""

from typing import Protocol

from attrs import frozen

from pgw.domain.delivery import DueDelivery
from pgw.domain.webhook import WebhookEndpoint


@frozen
class Answered:
    """The endpoint's answer.

    `snippet` is the beginning of its body, at most some hundred characters, with card numbers redacted.
    `retry_after` is in seconds, where it asked for that.
    """

    status_code: int
    snippet: str | None = None
    retry_after: float | None = None


@frozen
class NotAnswered:
    """No answer came in time, or nothing was sent; `reason` is a sentence for the merchant."""

    reason: str


SendOutcome = Answered | NotAnswered


class WebhookSender(Protocol):
    async def send(self, endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
        """Make one try, within its time-out. What is expected of endpoints is an outcome, never an error."""
