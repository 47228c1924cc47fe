"""A WebSocket whose client only listens: a task beside the endpoint's sees that it leaves, or speaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import trio
from attrs import define
from quart.wrappers import Response, Websocket
from quart_trio.asgi import TrioASGIWebsocketConnection

INTERNAL_ERROR = 1011
WENT_WRONG = "Something went wrong on our side: connect again, with the last seq that you have as after."
_INCOMING = "pgw.incoming"


@define(eq=False)
class Incoming:
    """What came of a client of which nothing is expected: whether it has sent a message."""

    has_spoken: bool = False
    scope: trio.CancelScope | None = None

    def take(self) -> None:
        """Take note of a message; what it says is not kept."""
        self.has_spoken = True
        if self.scope is not None:
            self.scope.cancel()

    @contextmanager
    def cancelling(self, scope: trio.CancelScope) -> Iterator[None]:
        """Cancel the scope at the client's first message, while the block runs; also where it came before."""
        self.scope = scope
        if self.has_spoken:
            scope.cancel()
        try:
            yield
        finally:
            self.scope = None


def incoming(websocket: Websocket) -> Incoming:
    """Return what came of the client of a WebSocket."""
    found: Incoming = cast("dict[str, Any]", websocket.scope).setdefault(_INCOMING, Incoming())
    return found


class Listener(TrioASGIWebsocketConnection):
    """Quart-Trio's own runs the endpoint in a task of its own, and keeps what the client says for it.

    It also closes a stream that failed as one that ended well.
    """

    async def __call__(self, receive: Any, send: Any) -> None:
        websocket = self._create_websocket_from_scope(send)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_watch, receive, incoming(websocket), nursery.cancel_scope)
            response = await self.app.handle_websocket(websocket)
            if self._accepted and not self._closed:
                await self.close_connection(send, INTERNAL_ERROR, WENT_WRONG)
            elif not self._accepted:
                await _refuse(send, cast("Response", response))
            nursery.cancel_scope.cancel()


async def _refuse(send: Any, response: Response) -> None:
    """Answer a handshake with what is no upgrade (ASGI, WebSocket Denial Response)."""
    headers = [(name.lower().encode(), value.encode()) for name, value in response.headers]
    start = {"type": "websocket.http.response.start", "status": response.status_code, "headers": headers}
    await send(start)
    body = await response.get_data(as_text=False)
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})


async def _watch(receive: Any, heard: Incoming, all_of_it: trio.CancelScope) -> None:
    """Read what the client sends, so that its departure is seen."""
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.receive":
            heard.take()
    all_of_it.cancel()
