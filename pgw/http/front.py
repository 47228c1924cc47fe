"""What every request meets first: its client, id and log line, and a route without a trailing slash."""

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import structlog

from pgw.http.addresses import Address, read_address
from pgw.http.trusted_proxies import NO_PROXIES, TrustedProxies
from pgw.logs import redacted
from pgw.measures import UNMEASURED, Measures
from pgw.ports import Clock, Ids

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST_ID = "pgw.request_id"
MERCHANT_ID = "pgw.merchant_id"
REFUSED_WITH = "pgw.refused_with"  # the status, where the protocol answered in the application's stead
KEY_ID = "pgw.key_id"
ANSWER_HEADERS = "pgw.answer_headers"  # that the answer gets whoever makes it, a list to add to
ROUTE = "pgw.route"
INTERNAL_ERROR, CLIENT_LEFT = 500, 499  # the latter is nginx's, for a client that left before the answer
_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._~-]{1,128}")
_log = structlog.get_logger()


class Front:
    """An ASGI application round the one that answers."""

    def __init__(
        self,
        application: Application,
        clock: Clock,
        ids: Ids,
        proxies: TrustedProxies = NO_PROXIES,
        measures: Measures = UNMEASURED,
    ) -> None:
        self._application = application
        self._clock = clock
        self._ids = ids
        self._proxies = proxies
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        self._proxies.rewrite(scope)
        scope["path"] = _route(scope["path"])
        request_id = scope[REQUEST_ID] = scope.get(REQUEST_ID) or request_id_of(scope["headers"], self._ids)
        headers = scope[ANSWER_HEADERS] = [(b"x-request-id", request_id.encode())]
        began = self._clock.monotonic()
        status = CLIENT_LEFT

        async def send_with_id(message: Message) -> None:
            nonlocal status
            match message["type"]:
                case "http.response.start" | "websocket.http.response.start":
                    status = message["status"]
                    message["headers"] = [*message["headers"], *headers]
                case "websocket.accept":
                    status = 101
                    message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        try:
            await self._application(scope, receive, send_with_id)
        except Exception as error:
            status = INTERNAL_ERROR
            _log.error("RequestFailed", RequestId=request_id, exc_info=error)
            raise
        finally:
            method, elapsed = scope.get("method", "WS"), self._clock.monotonic() - began
            status = scope.get(REFUSED_WITH, status)
            self._measures.request_answered(method, scope.get(ROUTE), status, elapsed)
            _log.info(
                "Request",
                RequestMethod=method,
                RequestPath=scope["path"],
                StatusCode=status,
                Elapsed=round(elapsed * 1000, 3),
                RequestId=request_id,
                ClientAddress=address_for_log((scope.get("client") or (None,))[0]),
                MerchantId=scope.get(MERCHANT_ID),
                KeyId=scope.get(KEY_ID),
            )


def request_id_of(headers: Iterable[tuple[bytes, bytes]], ids: Ids) -> str:
    """Return the caller's own id if it is sane and does not look like a card number; else a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _SANE_REQUEST_ID.fullmatch(value):
            text: str = value.decode()
            if redacted(text) == text:
                return text
    return ids.new("req")


def address_for_log(text: str | None) -> str | Address | None:
    """Return the address for the log: one of IPv6 not as text, which might be taken for a card number's."""
    return read_address(text) if text and ":" in text else text


def _route(path: str) -> str:
    """Return the path without a trailing slash, nor the authority of a proxy's form (RFC 9112 3.2.2)."""
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path.rstrip("/") or "/"
