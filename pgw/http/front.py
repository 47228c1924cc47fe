"""What every request meets first: its id, its log line, and a route without a trailing slash."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

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
ROUTE = "pgw.route"
INTERNAL_ERROR, CLIENT_LEFT = 500, 499  # the latter is nginx's, for a client that left before the answer
_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._~-]{1,128}")
_log = structlog.get_logger()


class Front:
    """An ASGI application round the one that answers."""

    def __init__(
        self, application: Application, clock: Clock, ids: Ids, measures: Measures = UNMEASURED
    ) -> None:
        self._application = application
        self._clock = clock
        self._ids = ids
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        scope["path"] = _route(scope["path"])
        request_id = scope[REQUEST_ID] = self._request_id(scope)
        header = (b"x-request-id", request_id.encode())
        began = self._clock.monotonic()
        status = CLIENT_LEFT

        async def send_with_id(message: Message) -> None:
            nonlocal status
            match message["type"]:
                case "http.response.start" | "websocket.http.response.start":
                    status = message["status"]
                    message["headers"] = [*message["headers"], header]
                case "websocket.accept":
                    status = 101
                    message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self._application(scope, receive, send_with_id)
        except Exception as error:
            status = INTERNAL_ERROR
            _log.error("RequestFailed", RequestId=request_id, exc_info=error)
            raise
        finally:
            method, elapsed = scope.get("method", "WS"), self._clock.monotonic() - began
            self._measures.request_answered(method, scope.get(ROUTE), status, elapsed)
            _log.info(
                "Request",
                RequestMethod=method,
                RequestPath=scope["path"],
                StatusCode=status,
                Elapsed=round(elapsed * 1000, 3),
                RequestId=request_id,
                MerchantId=scope.get(MERCHANT_ID),
            )

    def _request_id(self, scope: Scope) -> str:
        """Return the caller's own id if it is sane and does not look like a card number; else a new one."""
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _SANE_REQUEST_ID.fullmatch(value):
                text: str = value.decode()
                if redacted(text) == text:
                    return text
        return self._ids.new("req")


def _route(path: str) -> str:
    """Return the path without a trailing slash, nor the authority of a proxy's form (RFC 9112 3.2.2)."""
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path.rstrip("/") or "/"
