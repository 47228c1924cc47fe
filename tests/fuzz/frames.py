"""Handshakes and frames of WebSocket (RFC 6455), right and wrong, with card data in their payloads."""

import struct
from random import Random

from tests.fuzz.canary import CARD, CVV, SPELLINGS
from tests.fuzz.grammar import odd_header
from tests.fuzz.vocabulary import JOB, KEY

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASKED, FINAL = 0x80, 0x80
STREAM, JOBS_STREAM = b"/jobs/stream", b"/jobs/" + JOB + b"/stream"
PATHS = (STREAM, STREAM, STREAM + b"?after=0", JOBS_STREAM, JOBS_STREAM, b"/payments", b"/jobs/x/stream")
ODD_PATHS = (
    b"/jobs/stream?after=x",
    b"/jobs/stream/",
    b"/jobs/" + CARD.encode() + b"/stream",
    b"/jobs/stream?ticket=x",
)
SETTINGS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (b"Sec-WebSocket-Key", (b"", b"short", b"\xff" * 24, CARD.encode())),
    (b"Sec-WebSocket-Version", (b"12", b"", b"13, 8", b"x")),
    (
        b"Sec-WebSocket-Extensions",
        (b"permessage-deflate", b"permessage-deflate; server_max_window_bits=99", b";", b"x"),
    ),
    (b"Sec-WebSocket-Protocol", (b"\xff", b"a, b", b"", CARD.encode())),
    (b"Origin", (b"https://evil.example", b"null")),
    (b"Connection", (b"keep-alive", b"close", b"upgrade, close")),
    (b"Upgrade", (b"WebSocket", b"websocket, h2c", b"")),
    (b"Content-Length", (b"5", b"0")),
    (b"Expect", (b"100-continue",)),
)


def conversation(random: Random, name: str) -> list[bytes]:
    """Return a handshake and what is sent after it; the first frame at times in the same packet."""
    sent = [handshake(random, name), *(frame(random) for _ in range(random.randint(0, 6)))]
    if random.random() < 0.15:
        return [b"".join(sent)]
    if random.random() < 0.3:
        sent[-1] = sent[-1][: random.randint(1, len(sent[-1]))]
    return sent


def handshake(random: Random, name: str) -> bytes:
    path = random.choice(PATHS) if random.random() < 0.85 else random.choice(ODD_PATHS)
    headers = {
        b"Host": b"pgw.test",
        b"Authorization": KEY if random.random() < 0.9 else b"Bearer " + CARD.encode(),
        b"Connection": b"Upgrade",
        b"Upgrade": b"websocket",
        b"Sec-WebSocket-Key": b"dGhlIHNhbXBsZSBub25jZQ==",
        b"Sec-WebSocket-Version": b"13",
        b"X-Request-Id": name.encode(),
    }
    if random.random() < 0.35:
        setting, values = random.choice(SETTINGS)
        headers[setting] = random.choice(values)
    if random.random() < 0.1:
        headers.update([odd_header(random)])
    if random.random() < 0.1:
        del headers[random.choice(list(headers))]
    lines = [b"GET " + path + b" HTTP/1.1", *(b": ".join(header) for header in headers.items())]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def frame(random: Random) -> bytes:
    """Return a frame as a client sends it; one in three breaks a rule of section 5 of the RFC."""
    opcode = random.choice((TEXT, TEXT, TEXT, BINARY, CONTINUATION, PING, PONG, CLOSE))
    payload = _payload(random, opcode)
    first, mask = FINAL | opcode, random.randbytes(4)
    choice = random.random()
    if choice < 0.05:
        first = opcode  # not final: fragmented, or a control frame that must not be
    elif choice < 0.1:
        first |= random.choice((0x40, 0x20, 0x10))
    elif choice < 0.15:
        first = FINAL | random.choice((3, 4, 7, 11, 15))
    elif choice < 0.2:
        return bytes([first]) + _length(len(payload), 0) + payload  # not masked
    elif choice < 0.25:
        claimed = random.choice((len(payload) + 9, 2**16, 2**31, 2**63, 2**64 - 1))
        return bytes([first]) + _length(claimed, MASKED) + mask + masked(payload, mask)
    elif choice < 0.3:
        return bytes([first, MASKED | 127]) + struct.pack(">Q", len(payload)) + mask + masked(payload, mask)
    return bytes([first]) + _length(len(payload), MASKED) + mask + masked(payload, mask)


def _payload(random: Random, opcode: int) -> bytes:
    if opcode == CLOSE:
        code = random.choice((1000, 1001, 1005, 1006, 0, 999, 1015, 2999, 3000, 4999, 65535))
        reason = random.choice((b"", CARD.encode(), b"\xff", b"a" * 124))
        return random.choice((b"", b"\x03", struct.pack(">H", code) + reason))
    payloads = (
        *(
            b"",
            random.choice(SPELLINGS).encode(),
            f'{{"number":"{CARD}","cvv":"{CVV}"}}'.encode(),
            b"\xff\xfe\xc3",
        ),
        *(
            b"a" * 125,
            b"a" * 126,
            b"a" * 4096,
            b"a" * 5000,
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            CARD.encode() * 300,
        ),
    )
    return random.choice(payloads)


def _length(size: int, flag: int) -> bytes:
    if size < 126:
        return bytes([flag | size])
    if size < 2**16:
        return bytes([flag | 126]) + struct.pack(">H", size)
    return bytes([flag | 127]) + struct.pack(">Q", size)


def masked(payload: bytes, mask: bytes) -> bytes:
    """Return the payload under its mask (section 5.3); the same again takes it off."""
    whole = mask * (len(payload) // 4 + 1)
    return (int.from_bytes(payload, "big") ^ int.from_bytes(whole[: len(payload)], "big")).to_bytes(
        len(payload), "big"
    )
