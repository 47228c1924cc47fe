"""What a storage of payments alone has of webhooks."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import trio

from pgw.domain.delivery import DeliveryKey, DeliveryTold, TriedDelivery
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim, ClaimOnce
from pgw.domain.result import Result
from pgw.domain.webhook import EndpointRefusal, RedeliveryRefusal, WebhookEndpoint
from pgw.storage.webhook_port import DeliveryFilter, Due, EndpointChange, WebhookStorage


class NoWebhooks(WebhookStorage):
    async def add_endpoint(
        self, endpoint: WebhookEndpoint, claim: Claim | None = None
    ) -> Result[None, EndpointRefusal | Claim]:
        raise NotImplementedError

    async def change_endpoint(
        self,
        merchant_id: str,
        endpoint_id: str,
        change: EndpointChange,
        claim: ClaimOnce[WebhookEndpoint] | None = None,
    ) -> Result[WebhookEndpoint, EndpointRefusal | Claim]:
        raise NotImplementedError

    async def disable_endpoint(self, endpoint: WebhookEndpoint) -> Result[None, Refusal]:
        raise NotImplementedError

    async def endpoint(self, merchant_id: str, endpoint_id: str) -> WebhookEndpoint | None:
        raise NotImplementedError

    async def endpoints(self, merchant_id: str) -> Sequence[WebhookEndpoint]:
        raise NotImplementedError

    async def enabled_endpoints(self, after_id: str, limit: int) -> Sequence[WebhookEndpoint]:  # noqa: ARG002
        await trio.lowlevel.checkpoint()
        return []

    async def forget_endpoints(self, after_id: str, limit: int) -> str | None:  # noqa: ARG002
        await trio.lowlevel.checkpoint()
        return None

    async def first_due_at(
        self,
        endpoint_ids: Sequence[str],  # noqa: ARG002
        horizon: datetime,  # noqa: ARG002
    ) -> Mapping[str, datetime]:
        await trio.lowlevel.checkpoint()
        return {}

    async def due_deliveries(
        self, endpoint_id: str, now: datetime, horizon: datetime, *, limit: int, but_not: Sequence[int] = ()
    ) -> Due:
        raise NotImplementedError

    async def record_try(self, tried: TriedDelivery) -> None:
        raise NotImplementedError

    async def delivery(self, merchant_id: str, key: DeliveryKey) -> DeliveryTold | None:
        raise NotImplementedError

    async def deliveries(
        self, merchant_id: str, wanted: DeliveryFilter, before: DeliveryKey | None, limit: int
    ) -> Sequence[DeliveryTold]:
        raise NotImplementedError

    async def redeliver(
        self,
        merchant_id: str,
        key: DeliveryKey,
        at: datetime,
        claim: ClaimOnce[DeliveryTold] | None = None,
    ) -> Result[DeliveryTold, RedeliveryRefusal | Claim]:
        raise NotImplementedError
