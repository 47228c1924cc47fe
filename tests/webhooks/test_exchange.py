"""Faults that must be forced, and exactly how much is read: over a connection of the test's own."""

import httpcore
import pytest
import trio

from pgw.webhooks.exchange import (
    LARGEST_BODY_BYTES,
    LARGEST_HEAD_BYTES,
    MOST_AT_A_TIME,
    Exchange,
    RawAnswer,
    TooMuchReceived,
)
from tests.webhooks.raw_endpoint import answer

ORIGIN = httpcore.Origin(b"http", b"hooks.test", 80)
HEADERS = [(b"Host", b"hooks.test"), (b"Content-Length", b"2")]
REQUEST = httpcore.Request("POST", "http://hooks.test/", headers=HEADERS, content=b"{}")


class OwnStream(httpcore.AsyncNetworkStream):
    """Gives what it has, and then the same for ever, as much as is asked for."""

    def __init__(self, has: bytes, for_ever: bytes = b"", *, takes: bool = True) -> None:
        self._has = has
        self._for_ever = for_ever
        self._takes = takes
        self.given = 0
        self.written: list[bytes] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        await trio.lowlevel.checkpoint()
        while self._for_ever and len(self._has) < max_bytes:
            self._has += self._for_ever
        given, self._has = self._has[:max_bytes], self._has[max_bytes:]
        self.given += len(given)
        return given

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        await trio.lowlevel.checkpoint()
        if not self._takes:
            raise httpcore.WriteError
        self.written.append(buffer)

    async def aclose(self) -> None:
        pass


async def ask(stream: OwnStream) -> RawAnswer:
    return await Exchange(ORIGIN, stream).ask(REQUEST, 10)


async def test_a_request_leaves_in_one_piece() -> None:
    stream = OwnStream(answer(b"thanks"))
    await ask(stream)
    assert 1 == len(stream.written)


async def test_an_answer_counts_though_the_request_was_not_taken() -> None:
    """An endpoint may have answered and gone without reading all of it."""
    said = await ask(OwnStream(answer(b"too large", 413), takes=False))
    assert (413, b"too large") == (said.status_code, said.body)


async def test_no_more_of_a_body_is_taken_than_the_bounds_say() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    stream = OwnStream(head, b"x" * 100_000)
    assert b"x" * LARGEST_BODY_BYTES == (await ask(stream)).body
    assert stream.given <= MOST_AT_A_TIME + LARGEST_BODY_BYTES


async def test_no_more_of_a_head_is_taken_than_the_bounds_say() -> None:
    stream = OwnStream(b"HTTP/1.1 200 OK\r\n", b"X-Filler: x\r\n" * 10_000)
    with pytest.raises(TooMuchReceived):
        await ask(stream)
    assert stream.given <= LARGEST_HEAD_BYTES
