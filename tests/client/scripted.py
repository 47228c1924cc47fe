"""A gateway's stream that does what a test says, a connection at a time, over real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import trio
from trio_websocket import WebSocketConnection, WebSocketRequest, serve_websocket

from pgw.actors.backoff import Backoff
from pgw.client.address import GatewayAddress
from pgw.client.frames import Frame
from pgw.client.stream import Follower, Stream
from pgw.ports import SystemRandomness

SECONDS = 20
Act = Callable[[WebSocketRequest], Awaitable[None]]


class Heard:
    """Notes all that a follower tells."""

    def __init__(self) -> None:
        self.events: list[int] = []
        self.connections: list[int] = []
        self.gaps: list[tuple[int, int]] = []
        self.losses: list[str] = []
        self.waits: list[float] = []
        self._lost_once_more = trio.Event()

    def connected(self, seq: int) -> None:
        self.connections.append(seq)

    def happened(self, frame: Frame) -> None:
        self.events.append(frame.seq)

    def missed(self, first: int, last: int) -> None:
        self.gaps.append((first, last))

    def lost(self, why: str, seconds: float) -> None:
        self.losses.append(why)
        self.waits.append(seconds)
        self._lost_once_more.set()
        self._lost_once_more = trio.Event()

    async def lost_times(self, count: int) -> None:
        while len(self.losses) < count:
            await self._lost_once_more.wait()


class Scripted:
    """Plays an act for each connection, and knows what each asked for."""

    def __init__(self, *acts: Act) -> None:
        self._acts = list(acts)
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    async def handle(self, request: WebSocketRequest) -> None:
        self.asked.append(request.path)
        self.headers.append({name.decode(): value.decode() for name, value in request.headers})
        await self._acts.pop(0)(request)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        with trio.fail_after(SECONDS):
            async with trio.open_nursery() as nursery:
                serve = partial(serve_websocket, self.handle, "127.0.0.1", 0, None, handler_nursery=nursery)
                server = await nursery.start(serve)
                yield f"http://127.0.0.1:{server.port}"
                nursery.cancel_scope.cancel()


def follower(
    url: str, heard: Heard, *, job: str | None = None, after: int | None = None, wait: float = 0.01
) -> Follower:
    backoff = Backoff(wait, wait, SystemRandomness())
    return Follower(Stream(GatewayAddress.of(url), "ap_123", job), heard, backoff, after)


def sending(*frames: tuple[str, int], close: int | None = None, reason: str | None = None) -> Act:
    """Accept, send frames, and close with a code; without one break the connection off."""

    async def act(request: WebSocketRequest) -> None:
        connection = await request.accept()
        for kind, seq in frames:
            await connection.send_message(text(kind, seq))
        if close is None:
            await break_off(connection)
        else:
            await connection.aclose(close, reason)

    return act


def refusing(status: int, code: str, *headers: tuple[bytes, bytes]) -> Act:
    async def act(request: WebSocketRequest) -> None:
        body = json.dumps({"code": code, "detail": f"It is {code}."}).encode()
        await request.reject(status, extra_headers=list(headers), body=body)

    return act


async def silent(request: WebSocketRequest) -> None:
    """Accept, say `stream.ready`, and nothing more; answer no closing either."""
    connection = await request.accept()
    await connection.send_message(text("stream.ready", 4))
    await trio.sleep_forever()


async def break_off(connection: WebSocketConnection) -> None:
    await trio.aclose_forcefully(connection._stream)


def text(kind: str, seq: int, **members: Any) -> str:
    return json.dumps({"type": kind, "seq": seq, **members})
