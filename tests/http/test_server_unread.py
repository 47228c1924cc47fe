"""A WebSocket whose client reads nothing: little is kept for it, and in the end it is told."""

import socket
from typing import Any

import trio
from attrs import evolve

from tests.http.serving import PATIENT, ours
from tests.http.test_server_websockets import UPGRADE

MESSAGE = "x" * 400
LITTLE_BYTES = 4096
MOST_BYTES = 400_000  # the system itself would take some megabytes


class Telling:
    """Sends messages, and tells when one has to wait for the client."""

    def __init__(self) -> None:
        self.sent_bytes = 0
        self.ended = trio.Event()

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        waiting = trio.CancelScope()
        with waiting:
            while not waiting.cancel_called:
                waiting.deadline = trio.current_time() + 0.3
                await send({"type": "websocket.send", "text": MESSAGE})
                self.sent_bytes += len(MESSAGE)
        self.ended.set()


async def test_little_is_kept_for_a_client_that_reads_nothing_and_it_is_reset() -> None:
    """Trio bounds what is kept (TCP_NOTSENT_LOWAT); without a reset the client would not hear of its end."""
    application = Telling()
    async with ours(application, evolve(PATIENT, sending=1)) as served:
        with trio.socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE_BYTES)
            await client.connect(served.address)
            await client.send(UPGRADE)
            await application.ended.wait()
            assert MOST_BYTES > application.sent_bytes
            assert await _is_reset(client)


async def _is_reset(client: trio.socket.SocketType) -> bool:
    try:
        while await client.recv(LITTLE_BYTES):
            pass
    except ConnectionResetError:
        return True
    return False
