"""A client that does not read holds nobody up."""

import socket
from functools import partial

import pytest
import trio

from pgw.http import server
from pgw.http.conversation import Conversation
from pgw.http.door import Door
from pgw.http.front import Message, Receive, Scope, Send
from pgw.http.open_connections import OpenConnections
from pgw.http.patience import Patience
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds


async def answers_at_length(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    message: Message = {"type": "http.response.body", "body": b"x" * 10_000_000, "more_body": False}
    await send(message)


async def test_a_client_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypercorn sends behind a shield, so that no time limit from without ends it."""
    patience = Patience(sending=0.05, look=0.02)
    ended = trio.Event()
    ours = Conversation.run

    async def run(self: Conversation, refused: str | None = None) -> None:
        await ours(self, refused)
        ended.set()

    monkeypatch.setattr(Conversation, "run", run)
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    address = listener.socket.getsockname()
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            stopping = trio.Event()
            clock = SystemClock()
            ids = TimeOrderedIds(clock, SystemRandomness())
            serve = partial(
                server.serve,
                answers_at_length,
                listener,
                clock=clock,
                ids=ids,
                door=Door(clock, ids),
                shutdown=stopping.wait,
                grace=5,
                connections=OpenConnections(patience),
            )
            nursery.start_soon(serve)
            with socket.create_connection(address) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                await ended.wait()
            stopping.set()
