"""One HTTP/1.1 connection to a bank, watched: what left on it, and what came that nobody asked for."""

import ssl
from collections.abc import AsyncIterable

import httpcore

from pgw.network import OneWriteStream

LARGEST_ANSWER_BYTES = 64 * 1024


class AnswerTooLarge(Exception):
    """The bank's answer is over the link's bound."""


class Link:
    """An `httpcore` connection that knows what became of its one exchange at a time."""

    def __init__(
        self, origin: httpcore.Origin, stream: httpcore.AsyncNetworkStream, largest_answer: int
    ) -> None:
        self._stream = _WatchedStream(stream, largest_answer)
        self._connection = httpcore.AsyncHTTP11Connection(origin, self._stream)

    @property
    def has_sent(self) -> bool:
        """Whether a byte of the present request may have left."""
        return self._stream.has_sent

    @property
    def is_usable(self) -> bool:
        """Whether the connection is open and silent: a byte before the request is no answer to it."""
        return self._connection.is_idle() and not self._connection.has_expired()

    async def exchange(self, request: httpcore.Request) -> tuple[int, bytes, bool]:
        """Send a request; return the answer's status and body, and whether not one byte came behind it.

        httpcore keeps bytes behind an answer and would read them as the answer to the next request, so the
        caller must close a connection where there were any. Raises `AnswerTooLarge`, or httpcore's errors.
        """
        self._stream.begin()
        response = await self._connection.handle_async_request(request)
        assert isinstance(response.stream, AsyncIterable)
        body = b"".join([chunk async for chunk in response.stream])
        # Private, and the only place that knows whatever the framing was. Pinned, and tested.
        surplus, _ = self._connection._h11_state.trailing_data  # noqa: SLF001
        await response.aclose()
        return response.status, body, not surplus

    async def close(self) -> None:
        await self._connection.aclose()


class _WatchedStream(OneWriteStream):
    """Bounds what comes, and knows whether a byte may have left."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, largest_answer: int) -> None:
        super().__init__(stream)
        self._largest_answer = largest_answer
        self.has_sent = False
        self._received = 0

    def begin(self) -> None:
        self.has_sent = False
        self._received = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await super().read(max_bytes, timeout)
        self._received += len(data)
        if self._received > self._largest_answer:
            raise AnswerTooLarge
        return data

    async def _send(self, request: bytes) -> None:
        # Before it is written: a write that fails may have sent some of it.
        self.has_sent = True
        await super()._send(request)


async def connect(
    network: httpcore.AsyncNetworkBackend,
    origin: httpcore.Origin,
    tls: ssl.SSLContext | None,
    timeout: float,
    *,
    largest_answer: int = LARGEST_ANSWER_BYTES,
) -> Link:
    """Connect within `timeout` seconds, or raise httpcore's `ConnectError` or `ConnectTimeout`.

    `largest_answer` bounds what is received between two requests, head and body, in bytes.
    """
    host = origin.host.decode()
    stream = await network.connect_tcp(host, origin.port, timeout=timeout)
    if tls is not None:
        stream = await stream.start_tls(tls, server_hostname=host, timeout=timeout)
    return Link(origin, stream, largest_answer)
