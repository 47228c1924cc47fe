"""Brings committed events to the endpoints that want them, however often the gateway starts anew."""

from collections.abc import Sequence
from datetime import timedelta

import trio
from attrs import frozen

from pgw.domain.delivery import DeliveryKey, DeliveryTold, RetrySchedule
from pgw.domain.event import Event
from pgw.domain.idempotency import Claim, ClaimOnce
from pgw.domain.result import Result
from pgw.domain.webhook import EndpointRefusal, RedeliveryRefusal, WebhookEndpoint
from pgw.measures import UNMEASURED, Measures
from pgw.ports import Clock, Randomness
from pgw.storage.port import Storage
from pgw.storage.webhook_port import EndpointChange
from pgw.webhooks.port import WebhookSender


@frozen
class WebhookPorts:
    """What the actors of webhooks work with.

    At most `concurrency` tries are under way at a time. An endpoint that has failed for `disable_after`
    without one success is disabled.
    """

    storage: Storage
    sender: WebhookSender
    clock: Clock
    randomness: Randomness
    schedule: RetrySchedule
    disable_after: timedelta
    concurrency: int
    measures: Measures = UNMEASURED


class Webhooks:
    """Knows all enabled endpoints, in memory and as storage knows them."""

    def __init__(self, ports: WebhookPorts) -> None:
        self._ports = ports

    async def run(self) -> None:
        await trio.sleep_forever()

    def on_committed(self, events: Sequence[Event]) -> None:
        """Take note of committed events; storage holds what is to be delivered of them."""

    async def add(
        self, endpoint: WebhookEndpoint, claim: Claim | None = None
    ) -> Result[None, EndpointRefusal | Claim]:
        """Add an endpoint, durably. Raises `StorageUnavailable`."""
        return await self._ports.storage.add_endpoint(endpoint, claim)

    async def change(
        self,
        merchant_id: str,
        endpoint_id: str,
        change: EndpointChange,
        claim: ClaimOnce[WebhookEndpoint] | None = None,
    ) -> Result[WebhookEndpoint, EndpointRefusal | Claim]:
        """Change an endpoint, durably, and what is sent to it from then on. Raises `StorageUnavailable`."""
        return await self._ports.storage.change_endpoint(merchant_id, endpoint_id, change, claim)

    async def redeliver(
        self, merchant_id: str, key: DeliveryKey, claim: ClaimOnce[DeliveryTold] | None = None
    ) -> Result[DeliveryTold, RedeliveryRefusal | Claim]:
        """Send a delivery again, at once. Raises `StorageUnavailable`."""
        return await self._ports.storage.redeliver(merchant_id, key, self._ports.clock.now(), claim)
