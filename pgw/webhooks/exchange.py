"""One request and the beginning of its answer, over one connection that is closed behind it."""

from collections.abc import AsyncIterable
from contextlib import suppress

import httpcore
import trio
from attrs import frozen

from pgw.network import OneWriteStream

LARGEST_HEAD_BYTES = 16 * 1024
"""Of an answer, with what comes before it (1xx, RFC 9110, section 15.2), however much of that there is."""
LARGEST_BODY_BYTES = 4 * 1024
"""What is read of an answer's body, the framing included, beside what came with its head."""
MOST_AT_A_TIME = 4 * 1024

Headers = list[tuple[bytes, bytes]]


@frozen
class RawAnswer:
    """`body` is what was read of it, as it stands: of another coding where the headers say so."""

    status_code: int
    headers: Headers
    body: bytes


class TooMuchReceived(Exception):
    """The endpoint sent more than is read."""


class Exchange:
    """Asks once, and knows how far that came."""

    def __init__(self, origin: httpcore.Origin, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = _BoundedStream(stream, LARGEST_HEAD_BYTES)
        self._connection = httpcore.AsyncHTTP11Connection(origin, self._stream)

    @property
    def has_sent(self) -> bool:
        """Whether all of the request has been handed to the network."""
        return self._stream.has_sent

    @property
    def has_heard(self) -> bool:
        """Whether a byte of the answer came."""
        return self._stream.received > 0

    @property
    def has_been_left(self) -> bool:
        """Whether the endpoint ended the connection."""
        return self._stream.has_ended

    async def ask(self, request: httpcore.Request, seconds: float) -> RawAnswer:
        """Return the answer within this time; if by then only its head is there, with what came of its body.

        A body that is large is left unread, and one that breaks off is taken as it is. Until the head is
        there it raises `TooMuchReceived`, `trio.TooSlowError`, httpcore's `NetworkError` or `ProtocolError`.
        """
        until = trio.current_time() + seconds
        with trio.fail_at(until):
            response = await self._connection.handle_async_request(request)
        self._stream.allow(LARGEST_BODY_BYTES)
        body = bytearray()
        assert isinstance(response.stream, AsyncIterable)
        with (
            suppress(TooMuchReceived, httpcore.NetworkError, httpcore.ProtocolError),
            trio.move_on_at(until),
        ):
            async for chunk in response.stream:
                body += chunk
        return RawAnswer(response.status, response.headers, bytes(body[:LARGEST_BODY_BYTES]))

    async def close(self) -> None:
        await self._connection.aclose()


class _BoundedStream(OneWriteStream):
    """Bounds what comes, and knows how far the exchange got."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, most: int) -> None:
        super().__init__(stream)
        self._left = most
        self.has_sent = False
        self.has_ended = False
        self.received = 0

    def allow(self, most: int) -> None:
        """Let this many bytes come from now on."""
        self._left = most

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._left <= 0:
            raise TooMuchReceived
        data = await super().read(min(max_bytes, MOST_AT_A_TIME), timeout)
        self._left -= len(data)
        self.received += len(data)
        self.has_ended = not data
        return data

    async def _send(self, request: bytes) -> None:
        # An endpoint may have answered and gone without reading all of it.
        with suppress(httpcore.WriteError):
            await super()._send(request)
        self.has_sent = True
