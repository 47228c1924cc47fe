"""Webhooks for tests of what has nothing to do with them: none is ever sent."""

from datetime import timedelta

from pgw.actors.webhook_ports import WebhookPorts
from pgw.actors.webhooks import Webhooks
from pgw.domain.delivery import DueDelivery, RetrySchedule
from pgw.domain.webhook import WebhookEndpoint
from pgw.ports import Clock, SystemRandomness
from pgw.storage.port import Storage
from pgw.webhooks.port import SendOutcome


class SendsNothing:
    async def send(self, endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
        raise NotImplementedError


def no_webhooks(storage: Storage, clock: Clock) -> Webhooks:
    schedule = RetrySchedule((0.0, 5.0))
    ports = WebhookPorts(
        storage, SendsNothing(), clock, SystemRandomness(), schedule, timedelta(days=5), concurrency=16
    )
    return Webhooks(ports)
