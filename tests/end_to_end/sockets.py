"""HTTP/1.1 byte for byte."""

import json
import socket

from tests.end_to_end.programs import Gateway, order

BODY = json.dumps(order()).encode()
HEALTH = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"

UPGRADE = (
    b"GET /jobs/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ap_123\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def post(*headers: bytes, version: bytes = b"1.1") -> bytes:
    lines = [
        b"POST /payments HTTP/" + version,
        *(b"Host: x", b"Authorization: Bearer ap_123", b"Content-Type: application/json", *headers),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


WHOLE = post(b"Content-Length: %d" % len(BODY)) + BODY


def connected(gateway: Gateway) -> socket.socket:
    return socket.create_connection(gateway.address, timeout=10)


def heard(connection: socket.socket, until: bytes) -> bytes:
    data = b""
    while until not in data:
        more = connection.recv(65_536)
        assert more, data
        data += more
    return data
