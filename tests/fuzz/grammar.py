"""Requests of HTTP/1.1 (RFC 9112), most of them nearly right, with card data wherever some fits in."""

import json
from collections.abc import Sequence
from random import Random

from tests.fuzz.bodies import body
from tests.fuzz.canary import CARD
from tests.fuzz.endpoints import endpoint_body
from tests.fuzz.operations import operation_body
from tests.fuzz.orders import order
from tests.fuzz.paths import odd_path
from tests.fuzz.vocabulary import (
    CARD_AND_CVV,
    CARD_VALUES,
    ENDPOINTS,
    KEY,
    METHODS,
    NAMED_VALUES,
    NAMES,
    ODD_METHODS,
    ODD_NAMES,
    ODD_VALUES,
    OPERATIONS,
    OTHER_KEY,
    PATHS,
    VERSIONS,
    Header,
)


def request(random: Random, name: str, *, oddness: float) -> bytes:
    """Return one request with its body. `oddness` is how likely each part is a wrong one."""
    is_post = random.random() < 0.6
    method = b"POST" if is_post else b"GET" if random.random() < 0.7 else random.choice(METHODS)
    path = _path(random) if is_post else random.choice(PATHS)
    version = b"HTTP/1.1"
    host = b"pgw.test" if random.random() > oddness / 8 else random.choice(NAMED_VALUES[b"Host"])
    headers = [(b"Host", host), (b"X-Request-Id", name.encode())]
    if random.random() > oddness / 4:
        headers.append((b"Authorization", KEY if random.random() < 0.8 else OTHER_KEY))
    content = b""
    if is_post or random.random() < 0.1:
        content, kind = _content(random, path)
        headers.append((b"Content-Type", kind))
    if random.random() < oddness:
        path = odd_path(random, path)
    if random.random() < oddness / 8:
        method = random.choice(ODD_METHODS)
    if random.random() < oddness / 10:
        version = random.choice(VERSIONS)
    while random.random() < oddness:
        headers.insert(random.randrange(len(headers) + 1), odd_header(random))
    if random.random() < oddness / 6:
        del headers[random.randrange(len(headers))]
    framing, content = framed(random, content, oddness) if is_post or content else ([], b"")
    return head((method, path, version), [*headers, *framing], random, oddness=oddness) + content


def _path(random: Random) -> bytes:
    """Return where most requests that change something go."""
    chance = random.random()
    if chance < 0.7:
        return b"/payments"
    return random.choice(OPERATIONS) if chance < 0.85 else random.choice(PATHS)


def _content(random: Random, path: bytes) -> tuple[bytes, bytes]:
    if path in OPERATIONS and random.random() < 0.9:
        return operation_body(random, path)
    return endpoint_body(random) if path.startswith(ENDPOINTS) else body(random)


def pay(random: Random, name: str) -> bytes:
    """Return a pay request without a fault."""
    content = json.dumps(order(random)).encode()
    headers = [(b"Host", b"x"), (b"X-Request-Id", name.encode()), (b"Authorization", KEY)]
    headers += [(b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(content))]
    return head((b"POST", b"/payments", b"HTTP/1.1"), headers, random, oddness=0) + content


def head(start: Sequence[bytes], headers: Sequence[Header], random: Random, *, oddness: float) -> bytes:
    """Return a request's head; `start` is its method, target and version."""
    line, separator = b"\r\n", b": "
    if random.random() < oddness / 12:
        line = random.choice((b"\n", b"\r", b"\r\r\n", b"\r\n\r\n", b"\0\r\n", b" \r\n"))
    if random.random() < oddness / 12:
        separator = random.choice((b":", b" : ", b"", b":\t", b"::", b":\r\n "))
    lines = [b" ".join(start), *(name + separator + value for name, value in headers)]
    return line.join(lines) + line + line


def odd_header(random: Random) -> Header:
    name = random.choice(NAMES) if random.random() < 0.9 else random.choice(ODD_NAMES)
    choice = random.random()
    if choice < 0.55 and name in NAMED_VALUES:
        return name, random.choice(NAMED_VALUES[name])
    if choice < 0.8:
        # A request's id is shown as it comes, and four digits in it are any four digits.
        return name, random.choice(CARD_VALUES if name == b"X-Request-Id" else CARD_AND_CVV)
    return name, random.choice(ODD_VALUES)


def framed(random: Random, content: bytes, oddness: float) -> tuple[list[Header], bytes]:
    """Return the headers that say how long the body is, and the body as it is sent."""
    length = (b"Content-Length", b"%d" % len(content))
    if random.random() < 0.75:
        if random.random() > oddness / 6:
            return [length], content
        wrong = random.choice((len(content) + 10, max(len(content) - 10, 0), 0, len(content) * 100))
        return [(b"Content-Length", b"%d" % wrong)], content
    headers = [(b"Transfer-Encoding", b"chunked")]
    if random.random() < oddness / 8:
        headers.insert(random.randrange(2), length)
    return headers, chunked(random, content, oddness)


def chunked(random: Random, content: bytes, oddness: float) -> bytes:
    """Return the body in chunks (RFC 9112, section 7.1), with extensions, trailers and mistakes."""
    pieces = []
    while content:
        size = random.randint(1, max(len(content), 1))
        piece, content = content[:size], content[size:]
        count = b"%x" % len(piece)
        if random.random() < oddness / 8:
            count = random.choice(
                (b"-1", b"0x5", b"f" * 20, b"", b"g", b" 5", b"5 ", b"%x" % (len(piece) + 1), b"+5")
            )
        extension = random.choice((b"", b"", b"", b";a=b", b';a="' + CARD.encode() + b'"', b";" + b"x" * 500))
        pieces.append(
            count + extension + b"\r\n" + piece + (b"\r\n" if random.random() > oddness / 12 else b"")
        )
    trailer = random.choice(
        (b"", b"", b"A: b\r\n", b"Card: " + CARD.encode() + b"\r\n", b"Authorization: x\r\n", b":\r\n")
    )
    return b"".join(pieces) + random.choice((b"0", b"0", b"000", b"0;x")) + b"\r\n" + trailer + b"\r\n"
