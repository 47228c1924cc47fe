"""A WebSocket whose client only listens: a task beside the endpoint's sees that it leaves, or speaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import trio
from attrs import define
from quart.asgi import ASGIWebsocketConnection
from quart.wrappers import Websocket
from quart_trio.asgi import TrioASGIWebsocketConnection

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
    """Quart-Trio's own runs the endpoint in a task of its own, and keeps what the client says for it."""

    async def __call__(self, receive: Any, send: Any) -> None:
        websocket = self._create_websocket_from_scope(send)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_watch, receive, incoming(websocket), nursery.cancel_scope)
            await ASGIWebsocketConnection.handle_websocket(self, websocket, send)
            nursery.cancel_scope.cancel()


async def _watch(receive: Any, heard: Incoming, all_of_it: trio.CancelScope) -> None:
    """Read what the client sends, so that its departure is seen."""
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.receive":
            heard.take()
    all_of_it.cancel()
