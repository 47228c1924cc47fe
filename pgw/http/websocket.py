"""WebSockets as Hypercorn speaks them, for peers that break the protocol or no longer answer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import trio
from hypercorn.protocol.events import Body, Data, Event, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, FrameTooLargeError, Handshake, WSStream
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping, Pong
from wsproto.frame_protocol import CloseReason

TOO_BIG = "A message of more than 4 KiB, and none is expected: connect again, with the last seq as after."
_BODY = frozenset({b"content-length", b"transfer-encoding"})


def is_handshake(method: bytes, headers: Sequence[tuple[bytes, bytes]], version: str) -> bool:
    """Tell an opening handshake (RFC 6455, 4.2.1); anything less is a plain request (RFC 9110, 7.8)."""
    names = {name for name, _ in headers}
    if (method, version) != (b"GET", "1.1") or b"upgrade" not in names or names & _BODY:
        return False
    try:
        return Handshake(list(headers), version).is_valid()
    except UnicodeDecodeError:
        return False


class WebSocket(WSStream):
    """Hypercorn's, which ends its connection, and nothing else, with the first thing that is wrong."""

    pong: Callable[[], None]
    """Called at each answer to a ping."""
    refuse: Callable[[str], Awaitable[None]]
    """Ends a handshake that was not answered yet with the code of a problem."""

    async def handle(self, event: Event) -> None:
        if isinstance(event, Body | Data) and not self.closed and not self.handshake.accepted:
            if self.state is not ASGIWebsocketState.HANDSHAKE:
                return  # an answer is under way, and ends the connection
            # Before anything is awaited: the endpoint may be about to accept, and would answer beside it.
            self.closed = True
            await self.refuse("MalformedHttp")
            if self.app_put is not None:
                await self.app_put({"type": "websocket.disconnect", "code": CloseReason.ABNORMAL_CLOSURE})
        else:
            await super().handle(event)

    async def app_send(self, message: Any) -> None:
        if self.closed:
            # One that only sends would hold the event loop for ever, since nothing is waited for any more.
            await trio.lowlevel.checkpoint()
        await super().app_send(message)

    async def _handle_events(self) -> None:
        for event in self.connection.events():
            match event:
                case Message():
                    try:
                        self.buffer.extend(event)
                    except FrameTooLargeError:
                        await self._close(CloseReason.MESSAGE_TOO_BIG, TOO_BIG)
                        return
                    if event.message_finished:
                        assert self.app_put is not None
                        await self.app_put(self.buffer.to_message())
                        self.buffer.clear()
                case Ping():
                    await self._send_wsproto_event(event.response())
                case Pong():
                    self.pong()
                case CloseConnection():
                    await self._close(event.code)
                    return

    async def _close(self, code: int, reason: str | None = None) -> None:
        """Say why, in answer to the client's own closing or because of its error."""
        if self.connection.state in {ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING}:
            await self._send_wsproto_event(CloseConnection(code=code, reason=reason))
        await self.send(StreamClosed(stream_id=self.stream_id))
