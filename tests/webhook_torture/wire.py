"""As much of HTTP/1.1 as a receiver of webhooks needs, so that it costs little beside what is measured."""

import struct
from collections.abc import Mapping
from socket import SO_LINGER, SOL_SOCKET

import trio
from attrs import define, field, frozen

LARGEST_CHUNK = 65_536
LARGEST_REQUEST = 1_048_576
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Malformed(Exception):
    """What came is no request; one sentence."""


@frozen
class Request:
    """`headers` have names in lower case; of one that came twice only the last is here."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@define(eq=False)
class Connection:
    """Reads one request after another."""

    stream: trio.SocketStream
    _buffer: bytearray = field(factory=bytearray)

    async def request(self) -> Request | None:
        """Return the next one; None where the other side ends. Raises `Malformed`."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not await self._read():
                return None
        head, at = bytes(self._buffer[:end]).decode("ascii"), end + 4
        first, *lines = head.split("\r\n")
        method, path, version = first.split(" ")
        named = (line.split(":", 1) for line in lines)
        headers = {name.lower(): value.strip() for name, value in named}
        if version != "HTTP/1.1" or "transfer-encoding" in headers:
            raise Malformed(f"A request is in chunks or of another version: {head!r}.")
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < at + length:
            if not await self._read():
                return None
        body = bytes(self._buffer[at : at + length])
        del self._buffer[: at + length]
        return Request(method, path, headers, body)

    async def answer(self, status: int, body: bytes = b"", headers: str = "") -> None:
        head = f"HTTP/1.1 {status} As told\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        await self.stream.send_all(head.encode() + body)

    async def closed_by_the_other_side(self, patience: float) -> None:
        """Keep it waiting until it goes away."""
        with trio.move_on_after(patience):
            while await self._read():
                pass

    def reset_at_close(self) -> None:
        self.stream.setsockopt(SOL_SOCKET, SO_LINGER, _RESET_AT_CLOSE)

    async def _read(self) -> bool:
        if len(self._buffer) > LARGEST_REQUEST:
            raise Malformed("A request is too large.")
        chunk = await self.stream.receive_some(LARGEST_CHUNK)
        self._buffer += chunk
        return bool(chunk)
