"""A WebSocket client that trusts nobody to close."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url

from tests.described import assert_answer_described, assert_frame_described
from tests.end_to_end.programs import KEY, Gateway

CLOSE_SECONDS = 5

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@asynccontextmanager
async def listening(
    gateway: Gateway, path: str = "/jobs/stream", key: Mapping[str, str] = KEY
) -> AsyncIterator[WebSocketConnection]:
    headers = [(name.encode(), value.encode()) for name, value in key.items()]
    with trio.fail_after(20):
        async with open_websocket_url(
            gateway.url.replace("http", "ws", 1) + path, extra_headers=headers
        ) as stream:
            # It keeps those of the handshake itself from us.
            answered = [("Upgrade", "websocket")]
            answered += [(name.decode(), value.decode()) for name, value in stream.handshake_headers]
            assert_answer_described("GET", path.partition("?")[0], 101, answered, b"", upgrade=True)
            try:
                yield stream
            finally:
                # trio-websocket itself leaves it open where the server was the first to close.
                # And it never ends where a test has failed inside.
                with trio.move_on_after(CLOSE_SECONDS) as closing:
                    closing.shield = True
                    await stream.aclose()
                with trio.CancelScope(shield=True):
                    await trio.aclose_forcefully(stream._stream)


async def frame(stream: WebSocketConnection) -> dict[str, Any]:
    received: dict[str, Any] = json.loads(await stream.get_message())
    assert_frame_described(received)
    return received


async def closed_with(stream: WebSocketConnection) -> int:
    return (await closed_because(stream))[0]


async def closed_because(stream: WebSocketConnection) -> tuple[int, str | None]:
    with pytest.raises(ConnectionClosed) as closed:
        await stream.get_message()
    assert closed.value.reason is not None
    return int(closed.value.reason.code), closed.value.reason.reason


def seqs(frames: list[dict[str, Any]]) -> list[int]:
    return [one["seq"] for one in frames]
