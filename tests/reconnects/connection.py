"""One stream as bytes, and the ways to leave it: politely, at once, or in the midst of a frame."""

import socket
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

import trio

from benchmarks.websocket import CLOSE, PING, PONG, TEXT, Frames, control_frame, handshake

RECEIVED_AT_A_TIME = 16_384
CONNECT_SECONDS, ANSWER_SECONDS, LEAVE_SECONDS = 5.0, 10.0, 0.5
SMALL_BYTES = 37  # less than a frame's, and of no frame's length a divisor
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)
_NORMAL_CLOSURE = (1000).to_bytes(2, "big")


class Leaving(StrEnum):
    CLEANLY = "cleanly"
    ABRUPTLY = "abruptly"
    WITHIN_A_FRAME = "within a frame"


class Closed(Exception):
    """The gateway closed the stream, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Connection:
    """Raises `OSError` or `trio.BrokenResourceError` where it is lost, `NotAsAgreed` where it is refused."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._frames = Frames()
        self._there: deque[tuple[int, bytes]] = deque()

    async def open(self, path: str, api_key: str) -> None:
        await self._stream.send_all(handshake(path, api_key))

    async def message(self, most: int = RECEIVED_AT_A_TIME) -> bytes:
        """Return what is said next; raises `Closed` too. Nothing is lost where this is cancelled."""
        while True:
            while self._there:
                opcode, payload = self._there.popleft()
                if opcode == TEXT:
                    return payload
                if opcode == CLOSE:
                    raise Closed(int.from_bytes(payload[:2], "big"))
                if opcode == PING:
                    await self._stream.send_all(control_frame(PONG, payload))
            data = await self._stream.receive_some(most)
            if not data:
                raise trio.BrokenResourceError
            self._there.extend(self._frames.feed(bytes(data)))

    @property
    def is_within_a_frame(self) -> bool:
        return self._frames.is_within_one

    async def close_cleanly(self) -> None:
        """Say that it closes, and wait a moment for the other side's word (RFC 6455, section 7.1.2)."""
        with trio.move_on_after(LEAVE_SECONDS):
            await self._stream.send_all(control_frame(CLOSE, _NORMAL_CLOSURE))
            with suppress(Closed):
                while True:
                    await self.message()  # it was not heard: it is asked for again

    def reset_at_close(self) -> None:
        """Leave without a word: the other side is told by a reset, if it sends something."""
        self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Connection]:
    """Connect for as long as the block; the end of it closes at once."""
    with trio.fail_after(CONNECT_SECONDS):
        stream = await trio.open_tcp_stream("127.0.0.1", port)
    try:
        yield Connection(stream)
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)
