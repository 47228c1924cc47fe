"""A bank of the test's own, which answers byte for byte as the test says."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import h11
import trio
from attrs import define, field, frozen

Script = Callable[["Conversation"], Awaitable[None]]

APPROVED = b'{"authorized":true,"authorization_code":"code-1"}'
DECLINED = b'{"authorized":false,"decline_code":"lost_card"}'
NEVER_SEEN = b'{"found":false}'
REVERSED = b'{"reversed":true}'


@frozen
class Request:
    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


@define(eq=False)
class RawBank:
    """Counts connections and keeps requests; `script` answers each request."""

    script: Script
    url: str = ""
    accepted: int = 0
    closed: int = 0
    requests: list[Request] = field(factory=list)
    has_closed: trio.Event = field(factory=trio.Event)

    async def serve(self, stream: trio.abc.Stream) -> None:
        self.accepted += 1
        conversation = Conversation(self, stream, self.accepted)
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while (request := await conversation.next_request()) is not None:
                self.requests.append(request)
                await self.script(conversation)
        await trio.aclose_forcefully(stream)
        self.closed += 1
        self.has_closed.set()


class Conversation:
    """One connection of a `RawBank`, the `number`-th that it accepted."""

    def __init__(self, bank: RawBank, stream: trio.abc.Stream, number: int) -> None:
        self._bank = bank
        self._stream = stream
        self._reader = h11.Connection(h11.SERVER)
        self.number = number

    @property
    def request(self) -> Request:
        return self._bank.requests[-1]

    async def next_request(self) -> Request | None:
        if self._reader.our_state is h11.SEND_RESPONSE:
            self._reader.send(h11.Response(status_code=200, headers=[(b"Content-Length", b"0")]))
            self._reader.send(h11.EndOfMessage())
            self._reader.start_next_cycle()
        head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        body = b""
        while isinstance(data := await self._next_event(), h11.Data):
            body += data.data
        return Request(bytes(head.method), bytes(head.target), head.headers.raw_items(), body)

    async def _next_event(self) -> object:
        while (event := self._reader.next_event()) is h11.NEED_DATA:
            self._reader.receive_data(bytes(await self._stream.receive_some()))
        return event

    async def say(self, data: bytes) -> None:
        """Send bytes, all in one write."""
        await self._stream.send_all(data)

    async def close(self) -> None:
        await trio.aclose_forcefully(self._stream)

    async def hear_caller_leave(self) -> None:
        """Wait until the caller closes the connection."""
        while await self._stream.receive_some():
            pass


def answer(body: bytes, status: int = 200, headers: bytes = b"") -> bytes:
    """Return a whole answer as it stands on the wire."""
    return b"HTTP/1.1 %d Any\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), headers, body)


def says(*data: bytes) -> Script:
    """Answer every request with the same bytes, one write each."""

    async def script(conversation: Conversation) -> None:
        for part in data:
            await conversation.say(part)

    return script


def says_and_closes(data: bytes) -> Script:
    async def script(conversation: Conversation) -> None:
        if data:
            await conversation.say(data)
        await conversation.close()

    return script


async def hangs(conversation: Conversation) -> None:
    await conversation.hear_caller_leave()
