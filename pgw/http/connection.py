import trio


class Connection:
    """A client's connection as Hypercorn sees it, which sends an answer's head and body in one piece.

    Hypercorn writes head, body and an empty end one by one: two packets and three system calls an answer.
    """

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._head = b""
        self.socket = stream.socket

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._stream.receive_some(max_bytes)

    async def send_all(self, data: bytes) -> None:
        """Send what is given, but hold an answer's head back until what comes behind it."""
        if _is_head_of_an_answer(data):
            self._head += data
            return
        head, self._head = self._head, b""
        if head or data:
            await self._stream.send_all(head + data)

    async def send_eof(self) -> None:
        await self.send_all(b"")
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


def _is_head_of_an_answer(data: bytes) -> bool:
    """Tell a head that something comes behind: an upgrade (101) and a Continue (100) stand alone."""
    return data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1")
