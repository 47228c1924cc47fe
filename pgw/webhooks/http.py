from collections.abc import Callable

import httpcore

from pgw.domain.delivery import DueDelivery
from pgw.domain.webhook import WebhookEndpoint
from pgw.ports import Clock
from pgw.webhooks.port import SendOutcome
from pgw.webhooks.secrets import WebhookSecrets


class HttpWebhookSender:
    """`pgw.webhooks.port.WebhookSender` by HTTP, signed after Standard Webhooks 1.0.0."""

    def __init__(
        self,
        payload: Callable[[DueDelivery], bytes],
        secrets: WebhookSecrets,
        clock: Clock,
        network: httpcore.AsyncNetworkBackend,
        *,
        timeout: float,
    ) -> None:
        self._payload = payload
        self._secrets = secrets
        self._clock = clock
        self._network = network
        self._timeout = timeout

    async def send(self, endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
        raise NotImplementedError
