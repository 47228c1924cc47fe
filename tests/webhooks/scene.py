"""A webhook that is due, and a sender of it."""

import ssl
from collections.abc import Sequence
from typing import Any

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.domain.delivery import Delivery, DeliveryKey, DeliveryStatus, DueDelivery
from pgw.domain.webhook import EndpointDisabled, WebhookEndpoint
from pgw.ports import SystemClock
from pgw.webhooks.http import HttpWebhookSender
from pgw.webhooks.network import CheckedNetwork
from pgw.webhooks.port import SendOutcome
from pgw.webhooks.resolver import SocketAddress
from pgw.webhooks.secrets import WebhookSecrets
from tests.merchants import CREATED_AT

ENDPOINT_ID = "whe_aaaabbbb"
BODY = '{"type":"job.completed","data":{"description":"Bücher"}}'.encode()
SECRETS = WebhookSecrets(b"a secret of webhooks, of 32 bytes or more")
LOOPBACK = "127.0.0.1"
TIMEOUT = 15.0
"""Of a try, in seconds, as it is by default."""
PATIENCE = 20.0
"""Seconds that a test waits at most, so that it fails and does not hang."""


def an_endpoint(url: str) -> WebhookEndpoint:
    return WebhookEndpoint.added(ENDPOINT_ID, "mer_a", url, CREATED_AT)


def due_at(endpoint: WebhookEndpoint, seq: int = 7) -> DueDelivery:
    delivery = Delivery(
        key=DeliveryKey(seq, endpoint.id),
        merchant_id=endpoint.merchant_id,
        type="job.completed",
        payment_id=None,
        status=DeliveryStatus.PENDING,
        tries=0,
        failures=0,
        due_at=CREATED_AT,
        created_at=CREATED_AT,
        updated_at=CREATED_AT,
    )
    return DueDelivery(delivery, EndpointDisabled(seq, endpoint), None)


class FakeResolver:
    """Answers each question with the next of its answers, the last one for ever."""

    def __init__(self, *answers: Sequence[str] | OSError) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, name: str, port: int) -> Sequence[SocketAddress]:
        await trio.lowlevel.checkpoint()
        self.asked.append(name)
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(addresses, OSError):
            raise addresses
        return [(address, port) for address in addresses]


async def send(url: str, *, seq: int = 7, **changes: Any) -> SendOutcome:
    endpoint = an_endpoint(url)
    with trio.fail_after(PATIENCE):
        return await a_sender(**changes).send(endpoint, due_at(endpoint, seq))


async def send_until_too_late(
    url: str, clock: MockClock, has_come_so_far: trio.Event, **changes: Any
) -> SendOutcome:
    """Send, and let the time be over once the try has come so far and can come no farther."""
    clock.rate = 1.0
    outcomes: list[SendOutcome] = []

    async def note() -> None:
        outcomes.append(await send(url, **changes))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(note)
        with trio.fail_after(PATIENCE):
            await has_come_so_far.wait()
            await wait_all_tasks_blocked()
        assert [] == outcomes, "it was not over before"
        clock.jump(TIMEOUT)
    return outcomes[0]


def a_sender(
    *,
    timeout: float = TIMEOUT,
    tls: ssl.SSLContext | None = None,
    body: bytes = BODY,
    **changes: Any,
) -> HttpWebhookSender:
    network = CheckedNetwork(allow_private=True, resolve=FakeResolver([LOOPBACK]))
    parts: dict[str, Any] = {"clock": SystemClock(), "network": network} | changes
    return HttpWebhookSender(lambda _: body, SECRETS, timeout=timeout, tls=tls, **parts)
