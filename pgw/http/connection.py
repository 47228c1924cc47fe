"""A client's connection as Hypercorn sees it, cheaper for each answer and gone as soon as its client is."""

from collections.abc import Awaitable, Callable
from typing import Any

import trio

LEFT_SECONDS = 60  # longer than any answer takes, so that it only ends what would never end by itself
CLOSED_SECONDS = 1
SEND_SECONDS = 10  # a client that reads nothing for as long is gone, and its stream can be resumed


class Connection:
    """A stream that sends an answer's head and body in one piece.

    Hypercorn writes head, body and an empty end one by one: two packets and three system calls an answer.
    What is done for it is to run inside `scope`, which ends a while after the client has left.
    """

    def __init__(self, stream: trio.SocketStream, idle: "IdleWatch") -> None:
        self._stream = stream
        self._idle = idle
        self._head = b""
        self.socket = stream.socket
        self._is_upgraded = False
        self._sending_since: float | None = None
        self.scope = trio.CancelScope()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        data = b""
        try:
            data = await self._stream.receive_some(max_bytes)
        finally:
            if not data:
                self._idle.end()
                self._end_within(CLOSED_SECONDS if self._is_upgraded else LEFT_SECONDS)
        return data

    async def send_all(self, data: bytes) -> None:
        """Send what is given, but hold an answer's head back until what comes behind it."""
        if data.startswith(b"HTTP/1.1 "):
            if not data.startswith(b"HTTP/1.1 1"):
                self._head += data
                return
            # Nothing comes behind an upgrade (101) and a Continue (100).
            self._is_upgraded = data.startswith(b"HTTP/1.1 101")
        head, self._head = self._head, b""
        if head or data:
            self._sending_since = trio.current_time()
            await self._stream.send_all(head + data)
            self._sending_since = None

    @property
    def is_stuck(self) -> bool:
        """Whether the client has read nothing for too long of what is being sent."""
        since = self._sending_since
        return since is not None and trio.current_time() - since > SEND_SECONDS

    def abort(self) -> None:
        """Close at once. Hypercorn shields what it sends from being cancelled, but not from this."""
        self.socket.close()

    async def send_eof(self) -> None:
        await self.send_all(b"")
        await self._stream.send_eof()

    async def aclose(self) -> None:
        self._idle.end()
        self._end_within(CLOSED_SECONDS)
        await self._stream.aclose()

    def _end_within(self, seconds: float) -> None:
        """End what goes on for a connection that is over, such as Hypercorn's pings, which sleep for 20 s."""
        self.scope.deadline = min(self.scope.deadline, trio.current_time() + seconds)


class IdleWatch:
    """Closes a connection that was idle for too long, or is idle when the server stops.

    One task a connection where Hypercorn's own starts and cancels one a request, and leaves the last one
    asleep after the client has left.
    """

    def __init__(
        self, stream: trio.SocketStream, keep_alive: float, stopped: Callable[[], Awaitable[None]]
    ) -> None:
        self._stream = stream
        self._keep_alive = keep_alive
        self._stopped = stopped
        self._idle_since: float | None = None
        self._scope: trio.CancelScope | None = None

    async def restart(self, task_group: Any, _idle_timeout: Callable[[], Awaitable[None]]) -> None:
        """Take the connection for idle from now on. The name is Hypercorn's, as is its own time-out."""
        self._idle_since = trio.current_time()
        if self._scope is None:
            self._scope = trio.CancelScope()
            task_group.spawn(self._watch)

    async def stop(self) -> None:
        """Take the connection for busy. The name is Hypercorn's."""
        self._idle_since = None

    def end(self) -> None:
        if self._scope is not None:
            self._scope.cancel()

    async def _watch(self) -> None:
        assert self._scope is not None
        is_stopped = False
        with self._scope:
            while not is_stopped and (left := self._time_left()) > 0:
                with trio.move_on_after(left):
                    await self._stopped()
                    is_stopped = True
        if not self._scope.cancelled_caught and self._idle_since is not None:
            await self._stream.aclose()

    def _time_left(self) -> float:
        if self._idle_since is None:
            return self._keep_alive
        return self._idle_since + self._keep_alive - trio.current_time()
