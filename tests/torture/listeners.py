"""Merchants' servers that follow the stream of their jobs over all lives of the gateway."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import trio
from attrs import define, field
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    HandshakeError,
    WebSocketConnection,
    open_websocket_url,
)

from tests.torture.children import within

# Short, since the library waits on where the connection ends before it is answered.
CONNECT_SECONDS = 3.0
CLOSE_SECONDS = 2.0
CATCH_UP_SECONDS = 60.0
WAIT_TO_RESUME = 0.3
Frame = Mapping[str, Any]


@define(eq=False)
class Listener:
    """Resumes after the last event that it has, as often as it must."""

    url: str
    api_key: str
    frames: list[Frame] = field(factory=list)
    findings: list[str] = field(factory=list)
    _more: trio.Event = field(factory=trio.Event)

    @property
    def last(self) -> int:
        """The number of the newest event, 0 before the first."""
        return int(self.frames[-1]["seq"]) if self.frames else 0

    async def run(self) -> None:
        while True:
            try:
                async with aclosing(events(self.url, self.api_key, after=self.last)) as frames:
                    async for frame in frames:
                        self.frames.append(frame)
                        self._more.set()
                        self._more = trio.Event()
            except ConnectionRejected as refused:
                if refused.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    self._refused(refused)
                    return
            except (HandshakeError, ConnectionClosed, OSError):
                pass
            await trio.sleep(WAIT_TO_RESUME)

    async def caught_up(self, last: int) -> None:
        """Return once it has heard of that event."""
        with within(CATCH_UP_SECONDS, "Following the stream"):
            while self.last < last and not self.findings:
                await self._more.wait()

    def _refused(self, refused: ConnectionRejected) -> None:
        self.findings.append(
            f"{self.api_key} may not resume after {self.last}, of which it was told: {refused.body!r}"
        )
        self._more.set()


async def read_all(url: str, api_key: str, last: int) -> Sequence[Frame]:
    """Read a merchant's stream from its first event to the one with this number."""
    found: list[Frame] = []
    with within(CATCH_UP_SECONDS, "Reading the stream"):
        async with aclosing(events(url, api_key, after=0)) as frames:
            while not found or found[-1]["seq"] < last:
                found.append(await anext(frames))
    return found


async def events(url: str, api_key: str, *, after: int) -> AsyncGenerator[Frame, None]:
    """Yield the events of a merchant's stream for as long as it lasts."""
    async with _connected(f"{url.replace('http', 'ws', 1)}/jobs/stream?after={after}", api_key) as stream:
        while True:
            frame = json.loads(await stream.get_message())
            if frame["type"].startswith("job."):
                yield frame


@asynccontextmanager
async def _connected(url: str, api_key: str) -> AsyncIterator[WebSocketConnection]:
    headers = [(b"Authorization", f"Bearer {api_key}".encode())]
    async with open_websocket_url(
        url, extra_headers=headers, connect_timeout=CONNECT_SECONDS, disconnect_timeout=CLOSE_SECONDS
    ) as stream:
        try:
            yield stream
        finally:
            # The library leaves it open where the other side was the first to close.
            await trio.aclose_forcefully(stream._stream)
