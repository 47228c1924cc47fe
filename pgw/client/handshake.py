import trio

LARGEST_REFUSAL_BYTES = 64 * 1024
_ACCEPTED = b"HTTP/1.1 101"


class HandshakeBroken(Exception):
    """The connection ended, or said more than 64 KiB, and was no WebSocket yet."""


class HandshakeStream(trio.abc.Stream):
    """A connection that says so where it breaks before it is a WebSocket.

    The library would wait on then; and it collects a refusal to its end, however large that is.
    """

    def __init__(self, stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]) -> None:
        self._stream = stream
        self._beginning = b""
        self._received = 0

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Raise `HandshakeBroken` beside what a stream raises."""
        try:
            data = await self._stream.receive_some(max_bytes)
        except trio.BrokenResourceError as error:
            if self._beginning == _ACCEPTED:
                raise
            raise HandshakeBroken from error
        self._received += len(data)
        self._beginning += data[: len(_ACCEPTED) - len(self._beginning)]
        has_broken = not data or self._received > LARGEST_REFUSAL_BYTES
        if has_broken and self._beginning != _ACCEPTED:
            raise HandshakeBroken
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()
