"""As little of RFC 6455 as a subscriber needs: no extension, and frames of a server, which are not masked."""

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_FINAL, _MASKED, _OPCODE = 0x80, 0x80, 0x0F
_TWO_BYTES, _EIGHT_BYTES = 126, 127
_HANDSHAKE = (
    b"GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class NotAsAgreed(Exception):
    """What came is no frame that a server may send here; or no upgrade, with the head that came instead."""


class Frames:
    """Takes what is received, in pieces of any size, and gives frames."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._is_upgraded = False

    @property
    def is_within_one(self) -> bool:
        """Tell whether a frame has begun that has not ended."""
        return bool(self._received)

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the opcodes and payloads of the frames that have ended, or raise `NotAsAgreed`."""
        received = self._received
        received += data
        if not self._is_upgraded:
            head, end, _ = received.partition(b"\r\n\r\n")
            if not end:
                return []
            if not head.startswith(b"HTTP/1.1 101 "):
                raise NotAsAgreed(head.decode())
            self._is_upgraded = True
            del received[: len(head) + len(end)]
        found, at = [], 0
        while (bounds := _payload(received, at)) is not None:
            found.append((received[at] & _OPCODE, bytes(received[bounds[0] : bounds[1]])))
            at = bounds[1]
        del received[:at]
        return found


def _payload(received: bytearray, at: int) -> tuple[int, int] | None:
    """Return where the payload of the frame at an offset begins and ends, if all of it is there."""
    if len(received) < at + 2:
        return None
    if not received[at] & _FINAL or received[at + 1] & _MASKED:
        raise NotAsAgreed(f"a frame that begins with {bytes(received[at : at + 2])!r}")
    begin, length = at + 2, received[at + 1]
    if length >= _TWO_BYTES:
        begin += 2 if length == _TWO_BYTES else 8
        length = int.from_bytes(received[at + 2 : begin], "big")
    return (begin, begin + length) if len(received) >= begin + length else None


def handshake(path: str, api_key: str) -> bytes:
    """Return what opens a stream (RFC 6455, section 4.1)."""
    return _HANDSHAKE % (path.encode(), api_key.encode())


def control_frame(opcode: int, payload: bytes = b"") -> bytes:
    """Return a pong or a closing. Its mask is all zeros, which changes nothing."""
    return bytes([_FINAL | opcode, _MASKED | len(payload)]) + bytes(4) + payload
