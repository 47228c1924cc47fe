"""A reader of `/jobs/stream` in the simulated world: handshake by h11, frames by wsproto, chance by the seed.

wsproto's own client takes its nonce and its masks from the system, so both are made here.
"""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

import h11
import trio
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import Opcode
from wsproto.utilities import generate_accept_token

from tests.simulation.front_door_client import Client
from tests.simulation.front_door_http import Answer, Unanswered, encoded, next_event, read_rest, received
from tests.simulation.front_door_stream import ClientEnd

SILENCE_SECONDS = 40.0  # the gateway sends something every 15 s


class Refused(Exception):
    """There was an answer in place of an upgrade."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


class ClientStream:
    """One WebSocket. `close_code` and `close_reason` are the server's, once it has closed."""

    def __init__(self, end: ClientEnd, random: Random, trailing_data: bytes) -> None:
        self._end = end
        self._random = random
        self._frames = Connection(ConnectionType.CLIENT, trailing_data=trailing_data)
        self._received: list[dict[str, Any]] = []
        self._text = ""
        self.close_code: int | None = None
        self.close_reason = ""

    async def next_event(self) -> dict[str, Any] | None:
        """Return the next document, None once the server has closed in order.

        Raises `Unanswered` where the connection ends without that, or where nothing comes for long.
        """
        with trio.move_on_after(SILENCE_SECONDS):
            while not self._received and self.close_code is None:
                await self._take_frames()
                if not self._received and self.close_code is None:
                    self._frames.receive_data(await received(self._end))
            return self._received.pop(0) if self._received else None
        raise Unanswered("the stream is silent")

    async def _take_frames(self) -> None:
        for event in self._frames.events():
            match event:
                case TextMessage():
                    self._text += event.data
                    if event.message_finished:
                        self._received.append(json.loads(self._text))
                        self._text = ""
                case Ping():
                    await self._send(Opcode.PONG, bytes(event.payload))
                case CloseConnection():
                    self.close_code, self.close_reason = event.code, event.reason or ""
                    with suppress(Unanswered):  # it may close at once
                        await self._send(Opcode.CLOSE, event.code.to_bytes(2, "big"))

    async def _send(self, opcode: Opcode, payload: bytes) -> None:
        """Send a control frame (RFC 6455, 5.2 and 5.3)."""
        mask = self._random.randbytes(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        try:
            await self._end.send_all(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)
        except trio.BrokenResourceError as error:
            raise Unanswered(str(error)) from None


@asynccontextmanager
async def client_stream(
    client: Client, *, after: int | None = None, job_id: str | None = None
) -> AsyncIterator[ClientStream]:
    """Open a stream of all jobs or of one; leaving ends it at once. Raises `Unanswered` or `Refused`."""
    path = "/jobs/stream" if job_id is None else f"/jobs/{job_id}/stream"
    end = await client.connect()
    try:
        try:
            with trio.fail_after(SILENCE_SECONDS):
                trailing_data = await _upgrade(
                    client, end, path if after is None else f"{path}?after={after}"
                )
        except trio.TooSlowError as error:
            raise Unanswered("no upgrade") from error
        yield ClientStream(end, client.simulation.random, trailing_data)
    finally:
        end.close()


async def _upgrade(client: Client, end: ClientEnd, path: str) -> bytes:
    """Return what came behind the head of the answer."""
    request_id = client.simulation.ids.new("req")
    key = base64.b64encode(client.simulation.random.randbytes(16))
    headers = {
        **client.headers(request_id),
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key.decode(),
        "Sec-WebSocket-Version": "13",
    }
    http = h11.Connection(h11.CLIENT)
    try:
        await end.send_all(encoded(http, "GET", path, headers))
    except trio.BrokenResourceError as error:
        raise Unanswered(str(error)) from None
    head = await next_event(end, http)
    if isinstance(head, h11.Response):
        raise Refused(await read_rest(end, http, head))
    assert isinstance(head, h11.InformationalResponse), head
    accepted = dict(head.headers)
    assert generate_accept_token(key) == accepted[b"sec-websocket-accept"]
    assert request_id.encode() == accepted[b"x-request-id"]
    return http.trailing_data[0]
