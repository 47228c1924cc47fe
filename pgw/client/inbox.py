"""Takes webhooks: verifies each, notices repeats, and hands them on to a developer's own server."""

import ssl
from collections import OrderedDict
from typing import Any, Protocol

import httpcore
import trio
from attrs import field, frozen

from pgw.client.address import told
from pgw.client.documents import read_object
from pgw.client.exchange import Answered, exchange
from pgw.client.receiver import Headers, Reply, Request
from pgw.client.verification import WebhookSecret, verify
from pgw.domain.result import Err, Ok, Result
from pgw.ports import Clock

MOST_IDS = 10_000
FORWARD_SECONDS = 14.0
"""A little less than the gateway waits, so that it hears of it."""
# Of one connection (RFC 9110, section 7.6.1), or made anew for the next.
_OF_THE_CONNECTION = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect"}
    | {"host", "content-length", "proxy-connection"}
)
_PASSED_BACK = frozenset({b"content-type", b"retry-after"})


@frozen
class Webhook:
    """One that was verified; `document` is None where it is no JSON object, amounts are exact decimals."""

    id: str
    document: dict[str, Any] | None
    is_repeated: bool


class Reader(Protocol):
    """Whoever is told of what comes."""

    def arrived(self, webhook: Webhook, forwarded: str) -> None:
        """Take a webhook; `forwarded` says what became of handing it on, where that was asked for."""

    def refused(self, why: str) -> None:
        """Hear of a request that is not to be believed."""


@frozen
class Forwarding:
    """A developer's own server, to which the same bytes and headers are handed on."""

    url: str
    tls: ssl.SSLContext | None

    async def hand_on(self, request: Request) -> Result[Answered, str]:
        headers = [one for one in request.headers if one[0] not in _OF_THE_CONNECTION]
        try:
            return Ok(
                await exchange("POST", self.url, headers, request.body, seconds=FORWARD_SECONDS, tls=self.tls)
            )
        except trio.TooSlowError:
            return Err(f"no answer within {FORWARD_SECONDS:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Err(told(error))


@frozen
class Inbox:
    """What a receiver asks. It answers 204, 400 to what does not verify, or what was answered further on."""

    secret: WebhookSecret
    clock: Clock
    reader: Reader
    forwarding: Forwarding | None = None
    _seen: OrderedDict[str, None] = field(factory=OrderedDict, init=False)

    async def take(self, request: Request) -> Reply:
        match verify(self.secret, _joined(request.headers), request.body, self.clock.now()):
            case Err(why):
                self.reader.refused(why)
                return Reply(400, f"{why}\n".encode(), [("Content-Type", "text/plain; charset=utf-8")])
            case Ok(webhook_id):
                webhook = Webhook(webhook_id, read_object(request.body), self._is_repeated(webhook_id))
        if self.forwarding is None:
            self.reader.arrived(webhook, "")
            return Reply(204)
        match await self.forwarding.hand_on(request):
            case Ok(answered):
                self.reader.arrived(webhook, f"your server answered {answered.status}")
                return Reply(answered.status, answered.body, _passed_back(answered))
            case Err(why):
                self.reader.arrived(webhook, f"your server did not answer: {why}")
                return Reply(502, f"It could not be forwarded: {why}\n".encode())

    def _is_repeated(self, webhook_id: str) -> bool:
        is_repeated = webhook_id in self._seen
        self._seen[webhook_id] = None
        self._seen.move_to_end(webhook_id)
        if len(self._seen) > MOST_IDS:
            self._seen.popitem(last=False)
        return is_repeated


def _joined(headers: Headers) -> dict[str, str]:
    """Join what came twice (RFC 9110, section 5.3), which verifies as neither of the two."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _passed_back(answered: Answered) -> Headers:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in answered.headers
        if name.lower() in _PASSED_BACK
    ]
