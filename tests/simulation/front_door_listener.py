"""Where a life's server accepts connections: the network's port, in memory."""

from contextlib import suppress
from random import Random

import trio

from tests.simulation.front_door_stream import ClientEnd, ServerEnd
from tests.simulation.life import Life

BACKLOG = 100


class MemoryListener(trio.abc.Listener[ServerEnd]):
    """Belongs to a life; from its end on connections are refused, and those that wait are closed."""

    def __init__(self, life: Life, random: Random) -> None:
        self._life = life
        self._random = random
        self._send, self._receive = trio.open_memory_channel[ServerEnd](BACKLOG)
        self._is_closed = False

    async def accept(self) -> ServerEnd:
        self._life.go_on()
        end = await self._receive.receive()
        self._life.go_on()
        return end

    async def aclose(self) -> None:
        self._is_closed = True
        with suppress(trio.WouldBlock):
            while True:
                self._receive.receive_nowait().close()
        await trio.lowlevel.checkpoint()

    def connect(self) -> ClientEnd:
        """Return the client's end of a new connection. Raises `BrokenResourceError` where it is refused."""
        end = ServerEnd(self._life, self._random)
        if self._life.is_over or self._is_closed:
            raise trio.BrokenResourceError("connection refused")
        try:
            self._send.send_nowait(end)
        except trio.WouldBlock:
            raise trio.BrokenResourceError("the backlog is full") from None
        return end.client
