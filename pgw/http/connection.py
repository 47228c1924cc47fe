"""A client's connection as Hypercorn sees it, cheaper for each answer and gone as soon as its client is."""

import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from struct import pack

import trio
from attrs import frozen
from trio.socket import SO_LINGER, SOL_SOCKET

from pgw.http.patience import Patience

NEVER = math.inf
_RESET = pack("ii", 1, 0)


@frozen
class Whole:
    """A whole answer to be sent, of which no part is held back."""

    data: bytes


Waiting = OrderedDict["Connection", None]
"""The connections that wait for a request, in the order in which they began to."""


class Connection:
    """A stream that sends an answer's head and body in one piece, and knows what it waits for.

    Hypercorn writes head, body and an empty end one by one: two packets and three system calls an answer.
    What is done for it is to run inside `scope`, which ends a while after the client has left. Who watches it
    gives it up after `heard_by`, and aborts it after `sent_by`; both are times of Trio's clock.
    """

    def __init__(self, stream: trio.SocketStream, patience: Patience, waiting: Waiting) -> None:
        self._stream = stream
        self._patience = patience
        self._waiting = waiting
        self._head = b""
        self._sending = trio.Lock()
        self._head_has_begun = False
        self._is_upgraded = False
        self._receiving = trio.CancelScope()
        self.socket = stream.socket
        self.scope = trio.CancelScope()
        self.sent_by = NEVER
        self.given_up: str | None = None
        """The code of the problem for which a request is waited for no longer."""
        self._wait(patience.first_byte)

    def be_idle(self) -> None:
        """Wait for the next request."""
        self._wait(self._patience.keep_alive)

    def begin_head(self) -> None:
        """Wait for the rest of a request's head, from its first byte on."""
        if not self._head_has_begun and self in self._waiting:
            self._head_has_begun = True
            self._waiting.move_to_end(self)
            self.waits_since = trio.current_time()
            self.heard_by = self.waits_since + self._patience.head

    def be_busy(self) -> None:
        """Wait for nothing: a request is at work, or all is over."""
        self._waiting.pop(self, None)
        self.heard_by = NEVER
        self.given_up = None

    def expect_pong(self) -> None:
        self.heard_by = trio.current_time() + self._patience.pong

    def give_up(self, code: str) -> None:
        """Take what was received for all that the client sends. Asked again where it just sent something.

        An upgraded one to which something is being sent is not being read: it is over then.
        """
        if self._is_upgraded and self._sending.locked():
            self.abort()
            return
        self.given_up = code
        self._receiving.cancel()

    def abort(self) -> None:
        """Close at once. Hypercorn shields what it sends from being cancelled, but not from this.

        What is on its way is dropped (RFC 9293, section 3.10.5): for a client that does not read the system
        would keep it for minutes, and never tell it that it is over.
        """
        self.be_busy()
        if self._sending.locked():
            with suppress(OSError):  # it was aborted before
                self.socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        self.socket.close()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        data: bytes | bytearray = b""
        try:
            with trio.CancelScope() as self._receiving:
                data = await self._stream.receive_some(max_bytes)
        finally:
            if not data:
                self._end_within(self._patience.linger if self._is_upgraded else self._patience.left)
        return data

    async def send_all(self, data: bytes) -> None:
        """Send what is given, but hold an answer's head back until what comes behind it."""
        if data.startswith(b"HTTP/1.1 "):
            if not data.startswith(b"HTTP/1.1 1"):
                self._head += data
                return
            # Nothing comes behind an upgrade (101) and a Continue (100).
            if data.startswith(b"HTTP/1.1 101"):
                self._is_upgraded = True
                self.expect_pong()
        head, self._head = self._head, b""
        if head or data:
            await self.send_whole(head + data)

    async def send_whole(self, data: bytes) -> None:
        await self._in_turn(self._stream.send_all, data)

    async def linger(self) -> None:
        """Close our side and be read for a moment: closed with bytes unread it is reset, answer and all."""
        self.be_busy()
        self._end_within(self._patience.linger)
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
            await self.send_eof()

    async def send_eof(self) -> None:
        await self.send_all(b"")
        await self._in_turn(self._stream.send_eof)

    async def _in_turn(self, send: Callable[..., Awaitable[None]], *data: bytes) -> None:
        """Send when nothing else is being sent: a pong may be on its way when an event is to go."""
        if self._sending.locked():
            await self._sending.acquire()
        else:
            self._sending.acquire_nowait()
        self.sent_by = trio.current_time() + self._patience.sending
        try:
            await send(*data)
        finally:
            self.sent_by = NEVER
            self._sending.release()

    async def aclose(self) -> None:
        self.be_busy()
        self._end_within(self._patience.linger)
        await self._stream.aclose()

    def _wait(self, seconds: float) -> None:
        self._head_has_begun = False
        self._waiting[self] = None
        self.waits_since = trio.current_time()
        self.heard_by = self.waits_since + seconds

    def _end_within(self, seconds: float) -> None:
        """End what goes on for a connection that is over, such as Hypercorn's pings, which sleep for 20 s."""
        self.scope.deadline = min(self.scope.deadline, trio.current_time() + seconds)
