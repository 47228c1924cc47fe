"""Brings a webhook to its endpoint by HTTP/1.1, over a connection of its own."""

import ssl
from collections.abc import Callable

import httpcore
import trio

from pgw import __version__
from pgw.domain.delivery import DueDelivery
from pgw.domain.webhook import WebhookEndpoint
from pgw.ports import Clock
from pgw.webhooks import answer, reasons
from pgw.webhooks.destination import Destination
from pgw.webhooks.exchange import Exchange, TooMuchReceived
from pgw.webhooks.port import NotAnswered, SendOutcome
from pgw.webhooks.secrets import WebhookSecrets
from pgw.webhooks.signature import signature

_SAME_FOR_ALL = (
    (b"User-Agent", f"pgw/{__version__}".encode()),
    (b"Content-Type", b"application/json"),
    (b"Accept-Encoding", b"identity"),
    (b"Connection", b"close"),
)


class HttpWebhookSender:
    """`pgw.webhooks.port.WebhookSender` by HTTP, signed after Standard Webhooks 1.0.0.

    A redirect is an answer like any other and never followed. `timeout`, in seconds, is that of a whole try:
    from resolving the name to the end of what is read of the answer.
    """

    def __init__(
        self,
        payload: Callable[[DueDelivery], bytes],
        secrets: WebhookSecrets,
        clock: Clock,
        network: httpcore.AsyncNetworkBackend,
        *,
        timeout: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._payload = payload
        self._secrets = secrets
        self._clock = clock
        self._network = network
        self._timeout = timeout
        self._tls = tls

    async def send(self, endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
        until = trio.current_time() + self._timeout
        destination = Destination.of(endpoint.url)
        stream = await self._connected(destination, until)
        if isinstance(stream, NotAnswered):
            return stream
        exchange = Exchange(destination.origin, stream)
        try:
            raw = await exchange.ask(self._request(destination, endpoint, due), _left(until))
        except (
            TooMuchReceived,
            trio.TooSlowError,
            httpcore.NetworkError,
            httpcore.RemoteProtocolError,
        ) as error:
            return NotAnswered(reasons.no_answer(error, exchange, self._timeout))
        finally:
            await exchange.close()
        return answer.read(raw, self._clock.now())

    async def _connected(
        self, destination: Destination, until: float
    ) -> httpcore.AsyncNetworkStream | NotAnswered:
        host, port = destination.host, destination.origin.port
        try:
            stream = await self._network.connect_tcp(host, port, timeout=_left(until))
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            return NotAnswered(reasons.not_connected(error, self._timeout))
        if not destination.is_tls:
            return stream
        try:
            return await stream.start_tls(self._trusted(), host, timeout=_left(until))
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            return NotAnswered(reasons.no_tls(error, self._timeout))

    def _trusted(self) -> ssl.SSLContext:
        """Return whom to trust: the system's authorities, read once and when they are first needed."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls

    def _request(
        self, destination: Destination, endpoint: WebhookEndpoint, due: DueDelivery
    ) -> httpcore.Request:
        now = self._clock.now()
        webhook_id, timestamp = due.delivery.key.id, int(now.timestamp())
        payload = self._payload(due)
        keys = [self._secrets.key(endpoint.id, version) for version in endpoint.secret_versions(now)]
        signed = signature(webhook_id, timestamp, payload, keys)
        origin = destination.origin
        return httpcore.Request(
            "POST",
            httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=destination.target),
            headers=[
                (b"Host", destination.authority),
                *_SAME_FOR_ALL,
                (b"Content-Length", str(len(payload)).encode()),
                (b"webhook-id", webhook_id.encode()),
                (b"webhook-timestamp", str(timestamp).encode()),
                (b"webhook-signature", signed.encode()),
            ],
            content=payload,
        )


def _left(until: float) -> float:
    return max(0.0, until - trio.current_time())
