"""A connection that nobody uses, in this process: with times of a test rather than 75 s."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import trio

from pgw.http import server
from pgw.http.door import Door
from pgw.http.front import Application
from pgw.http.open_connections import OpenConnections
from pgw.http.patience import Patience
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds

IDLE, ANSWER_AFTER, LEFT = 0.2, 0.3, 0.1
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


IMPATIENT = Patience(keep_alive=IDLE, left=LEFT, look=0.02)


class Answering:
    """An application that answers later than a connection may be idle, or never."""

    def __init__(self) -> None:
        self.ended = trio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.request"
        try:
            await trio.sleep(math.inf if scope["path"] == "/never" else ANSWER_AFTER)
        finally:
            self.ended.set()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok", "more_body": False})


@asynccontextmanager
async def connected_to(application: Application) -> AsyncIterator[trio.SocketStream]:
    with trio.fail_after(5), server.listen("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        accepting = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
        clock = SystemClock()
        ids = TimeOrderedIds(clock, SystemRandomness())
        serve = partial(
            server.serve,
            application,
            accepting,
            clock=clock,
            door=Door(clock, ids),
            ids=ids,
            shutdown=trio.sleep_forever,
            grace=0,
            connections=OpenConnections(IMPATIENT),
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            async with await trio.open_tcp_stream(*address) as client:
                yield client
            nursery.cancel_scope.cancel()


async def test_a_connection_is_closed_when_idle_and_never_while_it_waits_for_an_answer() -> None:
    async with connected_to(Answering()) as client:
        for _ in range(2):
            await client.send_all(REQUEST)
            assert (await client.receive_some()).startswith(b"HTTP/1.1 200 ")
        began = trio.current_time()
        assert b"" == await client.receive_some()
        assert IDLE * 0.9 <= trio.current_time() - began < IDLE * 2


async def test_what_would_never_end_ends_after_its_client_has_left() -> None:
    application = Answering()
    async with connected_to(application) as client:
        await client.send_all(REQUEST.replace(b"/ ", b"/never "))
        await client.aclose()
        await application.ended.wait()
