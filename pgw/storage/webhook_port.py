"""What the gateway asks of its storage about webhooks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from pgw.domain.delivery import (
    DeliveryKey,
    DeliveryStatus,
    DeliveryTold,
    DueDelivery,
    TriedDelivery,
)
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim, ClaimOnce
from pgw.domain.result import Result
from pgw.domain.webhook import EndpointRefusal, RedeliveryRefusal, WebhookEndpoint

EndpointChange = Callable[[WebhookEndpoint], WebhookEndpoint]
"""What is to become of an endpoint; it runs inside the transaction, and has no effect of its own."""


@frozen
class Due:
    """What is to be sent to an endpoint now, and when there will be more, as far as is known."""

    deliveries: Sequence[DueDelivery]
    next_due_at: datetime | None


@frozen
class DeliveryFilter:
    """Which deliveries are asked for: those that are all of what is given."""

    endpoint_id: str | None = None
    payment_id: str | None = None
    status: DeliveryStatus | None = None


class WebhookStorage(Protocol):
    """Endpoints and deliveries. What was written survives `kill -9` and a power cut.

    A delivery is made for each enabled endpoint that wants an event in the transaction that writes the event.
    Each method raises `StorageUnavailable`; a write that did may have taken place.
    """

    async def add_endpoint(
        self, endpoint: WebhookEndpoint, claim: Claim | None = None
    ) -> Result[None, EndpointRefusal | Claim]:
        """Add an endpoint, and the claim with it.

        `Err(Claim)` is what was accepted before under the same key. A merchant has an URL once, and at most
        `MOST_ENDPOINTS`.
        """

    async def change_endpoint(
        self,
        merchant_id: str,
        endpoint_id: str,
        change: EndpointChange,
        claim: ClaimOnce[WebhookEndpoint] | None = None,
    ) -> Result[WebhookEndpoint, EndpointRefusal | Claim]:
        """Change an endpoint of the merchant's that is not deleted, and return it as it is from now on."""

    async def disable_endpoint(self, endpoint: WebhookEndpoint) -> Result[None, Refusal]:
        """Write an endpoint that the gateway disabled, together with an event of it, in the order of all.

        `Err` means that nothing was written.
        """

    async def endpoint(self, merchant_id: str, endpoint_id: str) -> WebhookEndpoint | None:
        """Return the merchant's endpoint; None where there is none, it is deleted or another merchant's."""

    async def endpoints(self, merchant_id: str) -> Sequence[WebhookEndpoint]:
        """Return all of the merchant's endpoints that are not deleted, by id."""

    async def enabled_endpoints(self, after_id: str, limit: int) -> Sequence[WebhookEndpoint]:
        """Return a page of all endpoints that are enabled, by id."""

    async def forget_endpoints(self, after_id: str, limit: int) -> str | None:
        """Look at a page of deleted endpoints, by id, and forget those of which no delivery is kept.

        Returns the last id of the page; None where there are no more.
        """

    async def first_due_at(self, endpoint_ids: Sequence[str], horizon: datetime) -> Mapping[str, datetime]:
        """Return the time of what is due first, of those endpoints for which there is anything.

        It is the `horizon` at the latest where something was written past that.
        """

    async def due_deliveries(
        self, endpoint_id: str, now: datetime, horizon: datetime, *, limit: int, but_not: Sequence[int] = ()
    ) -> Due:
        """Return what is due for an endpoint, the longest due first, without the `seq`s in `but_not`.

        At most one of each payment is due at a time. What was written past the `horizon` was so under a clock
        that was set back since, and is due too: nothing waits for longer than it was meant to.
        """

    async def record_try(self, tried: TriedDelivery) -> None:
        """Write what a try came to, grouped with what else waits; of what is gone meanwhile nothing is kept.

        The next of the payment is due with it, where this one is over.
        """

    async def delivery(self, merchant_id: str, key: DeliveryKey) -> DeliveryTold | None:
        """Return the merchant's delivery with its latest tries; None where there is none."""

    async def deliveries(
        self, merchant_id: str, wanted: DeliveryFilter, before: DeliveryKey | None, limit: int
    ) -> Sequence[DeliveryTold]:
        """Return a page of the merchant's deliveries, the newest first, those before a key."""

    async def redeliver(
        self,
        merchant_id: str,
        key: DeliveryKey,
        at: datetime,
        claim: ClaimOnce[DeliveryTold] | None = None,
    ) -> Result[DeliveryTold, RedeliveryRefusal | Claim]:
        """Begin a delivery anew now, whatever became of it, with the whole schedule before it.

        It takes its place among what is pending of its payment, of which the first is due now; a try that is
        under way says nothing of it any more.
        """
