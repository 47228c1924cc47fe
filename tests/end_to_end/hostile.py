"""Clients that hold a connection for as long as they are let, and the count of those that still do."""

import json
import socket
from contextlib import suppress
from pathlib import Path

import trio

from tests.end_to_end.sockets import HEALTH, UPGRADE, post

CLOSE_WAIT, ESTABLISHED = "08", "01"
LARGE_ANSWER_FOR = json.dumps({f"unknown{number}": 1 for number in range(100)}).encode()


class Hostile:
    """One such client; each kind stays connected until the other side ends it, and mostly beyond."""

    def __init__(self, address: tuple[str, int], pause: float) -> None:
        self._address = address
        self._pause = pause
        self.port = 0
        """Its own, once it is connected."""

    async def __call__(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        with trio.socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await client.connect(self._address)
            self.port = client.getsockname()[1]
            task_status.started()
            with suppress(OSError):  # it is reset
                await self.hold(client)
            await trio.sleep_forever()

    async def hold(self, client: trio.socket.SocketType) -> None:
        raise NotImplementedError

    async def trickle(self, client: trio.socket.SocketType) -> None:
        while True:
            await client.send(b"x")
            await trio.sleep(self._pause)


class SlowHead(Hostile):
    async def hold(self, client: trio.socket.SocketType) -> None:
        await client.send(HEALTH[:-4] + b"\r\nCookie: ")
        await self.trickle(client)


class SlowBody(Hostile):
    async def hold(self, client: trio.socket.SocketType) -> None:
        await client.send(post(b"Content-Length: 60000"))
        await self.trickle(client)


class Idle(Hostile):
    """Kept alive after a request."""

    async def hold(self, client: trio.socket.SocketType) -> None:
        await client.send(HEALTH)
        while await client.recv(4096):
            pass


class HalfOpen(Hostile):
    """A WebSocket that reads what comes, and answers no ping."""

    async def hold(self, client: trio.socket.SocketType) -> None:
        await client.send(UPGRADE)
        while await client.recv(4096):
            pass


class ReadsNothing(Hostile):
    """Asks for large answers without end."""

    async def hold(self, client: trio.socket.SocketType) -> None:
        request = post(b"Content-Length: %d" % len(LARGE_ANSWER_FOR)) + LARGE_ANSWER_FOR
        while True:
            rest = request
            while rest:
                rest = rest[await client.send(rest) :]


KINDS: tuple[type[Hostile], ...] = (SlowHead, SlowBody, Idle, HalfOpen, ReadsNothing)


def held_by_gateway(process: int, port: int) -> set[int]:
    """Return the clients' ports of the connections that the gateway has open, as the kernel counts them."""
    held = set()
    for line in Path(f"/proc/{process}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        (
            _,
            local,
            remote,
            state,
            *_,
        ) = line.split()
        inode = line.split()[9]
        if int(local.rpartition(":")[2], 16) == port and state in {ESTABLISHED, CLOSE_WAIT} and inode != "0":
            held.add(int(remote.rpartition(":")[2], 16))
    return held
