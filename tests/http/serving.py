"""A server in this process on a real socket: ours with times of a test, or Hypercorn as it comes."""

import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, cast

import trio
from attrs import define, evolve
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.run import worker_serve

from pgw.http import server
from pgw.http.door import Door
from pgw.http.front import Application, Front
from pgw.http.open_connections import OpenConnections
from pgw.http.patience import Patience
from pgw.http.trusted_proxies import NO_PROXIES
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds

IMPATIENT = Patience(
    first_byte=0.4,
    head=0.4,
    body=0.4,
    discard=0.2,
    keep_alive=0.6,
    sending=0.4,
    ping=0.1,
    pong=0.5,
    left=0.5,
    linger=0.3,
    evictable=0.05,
    look=0.02,
)
PATIENT = evolve(IMPATIENT, first_byte=30, head=30, keep_alive=30, body=30, pong=30)
CLOCK = SystemClock()
IDS = TimeOrderedIds(CLOCK, SystemRandomness())


@define
class Served:
    """Where it listens; and what ended it, if something did."""

    address: tuple[str, int]
    ended_by: BaseException | None = None

    async def connect(self) -> trio.SocketStream:
        return await trio.open_tcp_stream(*self.address)

    async def answer_to(self, *pieces: bytes) -> bytes:
        """Send, and return all that is answered until the connection ends."""
        async with await self.connect() as client:
            for piece in pieces:
                await client.send_all(piece)
            return await rest(client)


Serving = Callable[[Application], AbstractAsyncContextManager[Served]]


@asynccontextmanager
async def ours(
    application: Application,
    patience: Patience = PATIENT,
    most: int = 1000,
    *,
    seconds: float = 20,
    door: Door | None = None,
    stopping: trio.Event | None = None,
) -> AsyncIterator[Served]:
    with trio.fail_after(seconds), server.listen("127.0.0.1", 0) as listening:
        stopping, holding = trio.Event() if stopping is None else stopping, trio.Event()
        serve = partial(
            server.serve,
            Front(application, CLOCK, IDS, NO_PROXIES),
            trio.SocketListener(trio.socket.from_stdlib_socket(listening)),
            clock=CLOCK,
            ids=IDS,
            door=door or Door(CLOCK, IDS),
            shutdown=stopping.wait,
            drained=holding.wait,
            grace=5,
            connections=OpenConnections(patience, most),
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            yield Served(listening.getsockname())
            stopping.set()
            holding.set()


@asynccontextmanager
async def stock(application: Application, keep_alive: float = 5) -> AsyncIterator[Served]:
    """Serve by Hypercorn's own loop, with its defaults."""
    config = Config()
    config.keep_alive_timeout = keep_alive
    config.errorlog = None
    with trio.fail_after(20), socket.create_server(("127.0.0.1", 0)) as listening:
        config.bind = [f"fd://{listening.detach()}"]
        sockets = config.create_sockets()
        served = Served(sockets.insecure_sockets[0].getsockname())

        async def serve() -> None:
            try:
                await worker_serve(
                    cast("Any", ASGIWrapper(cast("Any", application))), config, sockets=sockets
                )
            except Exception as error:  # noqa: BLE001 - what ends it is what is asked
                served.ended_by = error

        async with trio.open_nursery() as nursery:
            for each in sockets.insecure_sockets:
                each.listen(config.backlog)
            nursery.start_soon(serve)
            yield served
            nursery.cancel_scope.cancel()


async def rest(client: trio.SocketStream) -> bytes:
    """Read until the other side ends it, by a reset too."""
    data = b""
    try:
        async for more in client:
            data += more
    except trio.BrokenResourceError:
        pass
    return data


async def heard(client: trio.SocketStream, until: bytes) -> bytes:
    data = b""
    while until not in data:
        more = await client.receive_some()
        assert more, data
        data += more
    return data


async def rest_within(client: trio.SocketStream, seconds: float) -> bytes | None:
    """Return what comes until the connection ends, or None where it does not."""
    with trio.move_on_after(seconds):
        return await rest(client)
    return None


def problem_in(answer: bytes, *, closes: bool = True) -> tuple[int, dict[str, Any]]:
    """Return status and members of a problem in the one shape of all refusals, from the last answer."""
    *_, begin = (found.start() for found in re.finditer(rb"HTTP/1\.1 \d{3} ", answer))
    head, _, body = answer[begin:].partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    assert "application/problem+json" == headers["content-type"]
    document: dict[str, Any] = json.loads(body)
    members = {"type", "title", "status", "detail", "instance", "code", "requestId", "date"}
    assert members - {"instance"} <= document.keys() <= members
    assert "date" in headers
    if closes:
        assert (headers["x-request-id"], "close") == (document["requestId"], headers["connection"])
    assert document["status"] == int(line.split()[1])
    return document["status"], document
