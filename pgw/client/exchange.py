"""One request by HTTP and its answer, bounded in time and in size."""

import ssl
from collections.abc import Sequence

import httpcore
import trio
from attrs import field, frozen

LARGEST_ANSWER_BYTES = 1024 * 1024


@frozen
class Answered:
    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes = field(repr=False)


async def exchange(
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    *,
    seconds: float,
    tls: ssl.SSLContext | None,
) -> Answered:
    """Send a request on a connection of its own; an answer is cut off behind 1 MiB.

    Headers are in Latin-1, as they may have come: not all that is sent around is ASCII.
    Raises `trio.TooSlowError` after so many seconds, or httpcore's errors. Redirects are not followed.
    """
    sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    with trio.fail_after(seconds):
        async with (
            httpcore.AsyncConnectionPool(ssl_context=tls) as pool,
            pool.stream(method, url, headers=sent, content=body) as answer,
        ):
            return Answered(answer.status, answer.headers, await _read(answer))


async def _read(answer: httpcore.Response) -> bytes:
    read = bytearray()
    async for chunk in answer.aiter_stream():
        read += chunk
        if len(read) > LARGEST_ANSWER_BYTES:
            break
    return bytes(read[:LARGEST_ANSWER_BYTES])
