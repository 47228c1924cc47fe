"""An endpoint of the test's own, which says byte for byte what the test says."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import trio
from attrs import define, field, frozen

Script = Callable[["Visit"], Awaitable[None]]


@frozen
class Request:
    line: str
    headers: dict[str, str]
    """By their names in lower case; each came once."""
    body: bytes


@define(eq=False)
class RawEndpoint:
    """Counts connections, and has `script` answer each of them."""

    script: Script
    port: int = 0
    accepted: int = 0
    requests: list[Request] = field(factory=list)
    has_said_all: trio.Event = field(factory=trio.Event)
    has_been_left: trio.Event = field(factory=trio.Event)

    async def serve(self, stream: trio.abc.Stream) -> None:
        self.accepted += 1
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self.script(Visit(self, stream))
        await trio.aclose_forcefully(stream)
        self.has_been_left.set()


@define(eq=False)
class Visit:
    """One connection."""

    endpoint: RawEndpoint
    stream: trio.abc.Stream

    async def take_request(self) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += await self._more()
        head, body = received.split(b"\r\n\r\n", 1)
        line, *fields = head.decode("ascii").split("\r\n")
        named = [one.split(": ", 1) for one in fields]
        headers = {name.lower(): value for name, value in named}
        assert len(named) == len(headers), "each header came once"
        while len(body) < int(headers["content-length"]):
            body += await self._more()
        self.endpoint.requests.append(Request(line, headers, body))

    async def _more(self) -> bytes:
        more = bytes(await self.stream.receive_some())
        if not more:
            raise trio.BrokenResourceError
        return more

    async def say(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def hear_caller_leave(self) -> None:
        self.endpoint.has_said_all.set()
        while await self.stream.receive_some():
            pass


def answer(body: bytes = b"", status: int = 200, headers: bytes = b"") -> bytes:
    """Return a whole answer as it stands on the wire."""
    return b"HTTP/1.1 %d Any\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), headers, body)


def says(*data: bytes) -> Script:
    """Take the request, say this in one write each, and wait until the caller leaves."""

    async def script(visit: Visit) -> None:
        await visit.take_request()
        for part in data:
            await visit.say(part)
        await visit.hear_caller_leave()

    return script


def says_and_leaves(data: bytes) -> Script:
    async def script(visit: Visit) -> None:
        await visit.take_request()
        await visit.say(data)

    return script


def repeats(beginning: bytes, part: bytes) -> Script:
    """Say the beginning, and then the part for as long as the caller is there."""

    async def script(visit: Visit) -> None:
        await visit.take_request()
        await visit.say(beginning)
        while True:
            await visit.say(part)

    return script


async def leaves(visit: Visit) -> None:
    await visit.take_request()


async def hangs(visit: Visit) -> None:
    await visit.hear_caller_leave()
