"""The two ends of a client's connection: bytes in memory, cut and delayed by the seed.

The server's end belongs to a life. Once that is over it takes no byte and gives none; what had left it by
then may still reach the client, or not.
"""

import socket
from random import Random

import trio
import trio.testing

from tests.simulation.life import Life

LARGEST_PIECE_BYTES = 400
WINDOW_BYTES = 2000
"""What the network holds for a client that does not read; the server's sending waits then."""
ON_ITS_WAY_SECONDS = 0.02


class ServerEnd(trio.abc.HalfCloseableStream):
    """Stands for a `trio.SocketStream`, as far as Hypercorn and `pgw.http.connection` use one."""

    def __init__(self, life: Life, random: Random) -> None:
        self._life = life
        self._random = random
        self._incoming = trio.testing.MemoryReceiveStream()
        self._is_closed = False
        self._is_reset = False
        self._room = trio.Event()
        self._unread_by_client = 0
        self._unread = 0
        self.client = ClientEnd(self, random)
        self.socket = SimulatedSocket(self)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        self._life.go_on()
        most = min(max_bytes or LARGEST_PIECE_BYTES, LARGEST_PIECE_BYTES)
        data = bytes(await self._incoming.receive_some(self._random.randint(1, most)))
        self._life.go_on()
        if self._is_reset:
            raise trio.BrokenResourceError("reset")
        self._unread -= len(data)
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await trio.lowlevel.checkpoint()
        self._life.go_on()
        self._refuse_if_closed()
        self.client.take(bytes(data))
        self._unread_by_client += len(data)
        while self._unread_by_client > WINDOW_BYTES:
            self._room = trio.Event()
            # Hypercorn shields this from being cancelled, but a dead process waits for nothing.
            with self._life.guest():
                await self._room.wait()
            self._life.go_on()
            self._refuse_if_closed()

    async def wait_send_all_might_not_block(self) -> None:
        raise NotImplementedError  # nobody asks

    async def send_eof(self) -> None:
        await trio.lowlevel.checkpoint()
        self.client.take_end()

    async def aclose(self) -> None:
        self.close()
        await trio.lowlevel.checkpoint()

    def close(self) -> None:
        """Close at once. What the client did not read yet may be lost to it, where a socket would be reset.

        That is with bytes unread (RFC 9293, 3.10.4), and when the process ends in the midst of something.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self._room.set()
        self._incoming.close()
        if (self._life.is_over or self._unread > 0) and self._random.random() < 0.5:
            self.client.reset()
        else:
            self.client.take_end()

    def take(self, data: bytes) -> None:
        """Receive from the client. Raises `BrokenResourceError` where this end is closed."""
        if self._is_closed:
            raise trio.BrokenResourceError("the server has closed")
        if data:  # an empty piece would wake who receives for nothing
            self._incoming.put_data(data)
            self._unread += len(data)

    def take_end(self) -> None:
        """Learn that the client is gone, or that its socket was reset since it had not read everything."""
        self._is_reset = self._unread_by_client > 0 and self._random.random() < 0.5
        self._incoming.put_eof()
        self._room.set()

    def was_read(self, count: int) -> None:
        self._unread_by_client -= count
        self._room.set()

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise trio.ClosedResourceError
        if self.client.is_closed:
            raise trio.BrokenResourceError("the client has left")


class ClientEnd:
    def __init__(self, server: ServerEnd, random: Random) -> None:
        self._server = server
        self._random = random
        self._incoming = trio.testing.MemoryReceiveStream()
        self._is_reset = False
        self.has_ended = False
        """Whether the server has closed, though there may be bytes to be read."""
        self.is_closed = False

    async def send_all(self, data: bytes) -> None:
        """Send in one piece. Raises `BrokenResourceError` where the server has closed."""
        await trio.sleep(self._random.random() * ON_ITS_WAY_SECONDS)
        self._server.take(data)

    async def receive_some(self) -> bytes:
        """Return some bytes, none at the end. Raises `BrokenResourceError` after a reset."""
        await trio.sleep(self._random.random() * ON_ITS_WAY_SECONDS)
        data = bytes(await self._incoming.receive_some(self._random.randint(1, LARGEST_PIECE_BYTES)))
        if self._is_reset:
            raise trio.BrokenResourceError("reset")
        self._server.was_read(len(data))
        return data

    def close(self) -> None:
        """Leave; the server sees the end of what was sent."""
        if not self.is_closed:
            self.is_closed = True
            self._incoming.close()
            self._server.take_end()

    def take(self, data: bytes) -> None:
        if data and not self.has_ended:
            self._incoming.put_data(data)

    def take_end(self) -> None:
        self.has_ended = True
        if not self.is_closed:
            self._incoming.put_eof()

    def reset(self) -> None:
        self._is_reset = True
        self.take_end()


class SimulatedSocket:
    """What is asked of a connection's socket, with addresses for documentation (RFC 5737)."""

    family = socket.AF_INET

    def __init__(self, end: ServerEnd) -> None:
        self._end = end

    def getpeername(self) -> tuple[str, int]:
        return "192.0.2.1", 50000

    def getsockname(self) -> tuple[str, int]:
        return "192.0.2.2", 80

    def setsockopt(self, _level: int, _option: int, _value: bytes) -> None:
        """Take what says that a close drops what is on its way: here it is there at once, or not at all."""

    def close(self) -> None:
        self._end.close()
