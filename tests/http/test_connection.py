"""A client that does not read holds nobody up."""

import socket
from functools import partial

import pytest
import trio
from hypercorn.trio.tcp_server import TCPServer

from pgw.http import connection, server
from pgw.http.front import Message, Receive, Scope, Send
from pgw.ports import SystemClock


async def answers_at_length(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    message: Message = {"type": "http.response.body", "body": b"x" * 10_000_000, "more_body": False}
    await send(message)


async def test_a_client_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypercorn sends behind a shield, so that no time limit from without ends it."""
    monkeypatch.setattr(connection, "SEND_SECONDS", 0.05)
    monkeypatch.setattr(server, "LOOK_FOR_STUCK_SECONDS", 0.02)
    ended = trio.Event()
    stock = TCPServer.run

    async def run(self: TCPServer) -> None:
        await stock(self)
        ended.set()

    monkeypatch.setattr(TCPServer, "run", run)
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    address = listener.socket.getsockname()
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            stopping = trio.Event()
            serve = partial(server.serve, clock=SystemClock(), shutdown=stopping.wait, grace=5)
            nursery.start_soon(serve, answers_at_length, listener)
            with socket.create_connection(address) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                await ended.wait()
            stopping.set()
