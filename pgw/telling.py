"""Puts the webhooks together."""

from datetime import timedelta
from functools import partial

from pgw.actors.webhook_ports import WebhookPorts
from pgw.actors.webhooks import Webhooks
from pgw.domain.delivery import RetrySchedule
from pgw.http.webhooks.payload import payload
from pgw.measures import Measures
from pgw.ports import Clock, Randomness
from pgw.secret import OF_WEBHOOKS, derived
from pgw.settings import Settings
from pgw.storage.port import Storage
from pgw.webhooks.http import HttpWebhookSender
from pgw.webhooks.network import CheckedNetwork
from pgw.webhooks.secrets import WebhookSecrets
from pgw.webhooks.url import read_endpoint_url


class Telling:
    """The webhooks of one gateway, the secrets that they are signed with, and the URLs that they go to."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        secret: bytes,
        *,
        clock: Clock,
        randomness: Randomness,
        measures: Measures,
    ) -> None:
        self.secrets = WebhookSecrets(derived(secret, OF_WEBHOOKS))
        self.read_url = partial(read_endpoint_url, allow_private=settings.webhook_allow_private)
        network = CheckedNetwork(allow_private=settings.webhook_allow_private)
        self.webhooks = Webhooks(
            WebhookPorts(
                storage,
                HttpWebhookSender(payload, self.secrets, clock, network, timeout=settings.webhook_timeout),
                clock,
                randomness,
                RetrySchedule(settings.webhook_schedule),
                timedelta(seconds=settings.webhook_disable_after),
                settings.webhook_concurrency,
                measures,
            )
        )
        self.child = self.webhooks.spec
