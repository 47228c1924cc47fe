"""Requests of HTTP/1.1 (RFC 9112), most of them nearly right, with card data wherever some fits in."""

import json
from collections.abc import Sequence
from random import Random
from urllib.parse import quote

from tests.fuzz.bodies import body, order
from tests.fuzz.canary import CARD, CVV, SPELLINGS

# Put in when an input is sent: what a run's gateway gave its first payment.
JOB, PAYMENT = b"@JOB@", b"@PAYMENT@"
PATHS = (
    *(b"/payments", b"/payments/" + PAYMENT, b"/jobs", b"/jobs/" + JOB, b"/jobs/stream", b"/health/live"),
    *(b"/jobs/" + JOB + b"/stream", b"/health/ready", b"/problems/InvalidCvv", b"/openapi.json", b"/docs"),
    *(b"/metrics", b"/payments/" + PAYMENT + b"/refunds", b"/", b"/nowhere", b"/problems"),
)
METHODS = (b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"PRI")
ODD_METHODS = (b"get", b"GE T", b"G\0T", b"P\xc3\x96ST", b"", b"A" * 5000, CARD.encode(), b"POST,GET", b"QUERY")
VERSIONS = (b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"http/1.1", b"HTTP/1.1 ", b"HTTP/11", b"", b"ICY")
QUERIES = (
    *(b"?", b"?after=0", b"?after=-1", b"?after=%00", b"?limit=1&cursor=x", b"?limit=a", b"?a=%ff", b"?a=%", b"??"),
    *(b"?" + b"a=1&" * 500, b"?card=" + CARD.encode() + b"&cvv=" + CVV.encode(), b"?after=" + b"9" * 400, b"?a[]=1"),
)
KEY, OTHER_KEY = b"Bearer ap_123", b"Bearer ap_456"
CARD_VALUES = tuple(spelling.encode() for spelling in SPELLINGS)
CARD_AND_CVV = (*CARD_VALUES, CARD.encode() + b":" + CVV.encode(), b'"' + CARD.encode() + b'"; cvv=' + CVV.encode())
ODD_VALUES = (
    *(b"", b" ", b"\xff\xfe", b"\xc3\xa9", b"a\tb", b"a\0b", b"a\x7fb", b"a\rb", b"a\r\n b", b",", b'"', b"%00"),
    *(b"a" * 3000, b"1" * 300, b"=?utf-8?q?=41?=", b"../../etc/passwd", b"${jndi:ldap://x}", b"Bearer"),
)
NAMES = (
    *(b"Authorization", b"Accept", b"Idempotency-Key", b"Prefer", b"X-Request-Id", b"Content-Encoding", b"Cookie"),
    *(b"Content-Type", b"User-Agent", b"X-Forwarded-For", b"Forwarded", b"X-Forwarded-Proto", b"X-Forwarded-Host"),
    *(b"Range", b"If-None-Match", b"Accept-Encoding", b"Origin", b"Referer", b"TE", b"Via", b"Trailer", b"Host"),
    *(b"Expect", b"Connection", b"Upgrade", b"Content-Length", b"Transfer-Encoding", b"Keep-Alive", b"HTTP2-Settings"),
)
ODD_NAMES = (b"", b" A", b"A ", b"A B", b"A:", b"\xc3\xa9", b"A\0", b"(", b"a" * 2000, b"\tA", b"A\r", CARD.encode())
NAMED_VALUES: dict[bytes, Sequence[bytes]] = {
    b"Authorization": (KEY, OTHER_KEY, b"bearer ap_123", b"Bearer wrong", b"Basic YTpi", b"Bearer  ap_123", b"ap_123"),
    b"Accept": (b"*/*", b"text/html", b"application/problem+json", b"application/json;q=0", b"a/b;q=x", b";;,", b"*"),
    b"Idempotency-Key": (b"key-1", b'"key-1"', b'"a\\"b"', b'"', b"a,b", b"a" * 255, b"a" * 256, b"\xe2\x82\xac"),
    b"Prefer": (b"wait=0", b"wait=1", b"wait=-1", b"wait=x", b"wait=99999999999", b"respond-async, wait=0"),
    b"X-Request-Id": (b"a-b.c~d", b"a b", b"a" * 129, b"a\tb", b"<x>"),
    b"Content-Encoding": (b"gzip", b"identity", b"br", b"gzip, gzip"),
    b"Expect": (b"100-continue", b"100-Continue", b"200-ok"),
    b"Connection": (b"close", b"keep-alive", b"upgrade", b"close, keep-alive", b"Host", b"Content-Length"),
    b"Upgrade": (b"h2c", b"websocket", b"HTTP/2.0", b"TLS/1.0"),
    b"Content-Length": (b"0", b"-1", b"+5", b"5, 5", b"5", b"1" * 30, b"0x10", b" 7 ", b"1_0", b"\xd9\xa3"),
    b"Transfer-Encoding": (b"chunked", b"gzip", b"identity", b"gzip, chunked", b"chunked, chunked", b"xchunked", b"\x0bchunked"),
    b"Host": (b"a, b", b"x:99999", b"[::1", b"x@y", b"\xc3\xa9.example"),
    b"X-Forwarded-For": (b"1.2.3.4", b"1.2.3.4, 5.6.7.8", b"unknown", b"999.1.1.1", b"[::1]:80", b"," * 500),
    b"Forwarded": (b"for=1.2.3.4;proto=https;host=a", b'for="[::1]:80"', b"for=", b"for=_x, for=unknown", b';=,"'),
    b"Origin": (b"https://evil.example", b"null", b"http://127.0.0.1"),
    b"HTTP2-Settings": (b"AAMAAABkAARAAAAAAAIAAAAA", b"%%%"),
}
Header = tuple[bytes, bytes]


def request(random: Random, name: str, *, oddness: float) -> bytes:
    """Return one request with its body. `oddness` is how likely each part is a wrong one."""
    is_post = random.random() < 0.6
    method = b"POST" if is_post else b"GET" if random.random() < 0.7 else random.choice(METHODS)
    path = b"/payments" if is_post and random.random() < 0.8 else random.choice(PATHS)
    version = b"HTTP/1.1"
    headers = [(b"Host", b"pgw.test"), (b"X-Request-Id", name.encode())]
    if random.random() > oddness / 4:
        headers.append((b"Authorization", KEY if random.random() < 0.8 else OTHER_KEY))
    content = b""
    if is_post or random.random() < 0.1:
        content, kind = body(random)
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
    return head(method, path, version, [*headers, *framing], random, oddness) + content


def pay(random: Random, name: str) -> bytes:
    """Return a pay request without a fault."""
    content = json.dumps(order(random)).encode()
    headers = [(b"Host", b"x"), (b"X-Request-Id", name.encode()), (b"Authorization", KEY)]
    headers += [(b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(content))]
    return head(b"POST", b"/payments", b"HTTP/1.1", headers, random, 0) + content


def head(
    method: bytes, path: bytes, version: bytes, headers: Sequence[Header], random: Random, oddness: float
) -> bytes:
    line, separator = b"\r\n", b": "
    if random.random() < oddness / 12:
        line = random.choice((b"\n", b"\r", b"\r\r\n", b"\r\n\r\n", b"\0\r\n", b" \r\n"))
    if random.random() < oddness / 12:
        separator = random.choice((b":", b" : ", b"", b":\t", b"::", b":\r\n "))
    lines = [b" ".join((method, path, version)), *(name + separator + value for name, value in headers)]
    return line.join(lines) + line + line


def odd_path(random: Random, path: bytes) -> bytes:
    card = random.choice(SPELLINGS)
    return random.choice(
        (
            *(path + random.choice(QUERIES), path + b"/", b"/" + path, path + b"//", path + b"/%2e%2e", path + b"/%00"),
            *(path + b"/%ff", path + b"%2F", b"http://pgw.test" + path, b"x:99", b"*", path + b"#a", path.upper()),
            *(path + b"/" + b"a" * random.choice((300, 9000)), b"//evil.example" + path, b"\\" + path, b""),
            *(path + b"/\xc3\xa9", path + b"/\xff", path + b"/%E2%82", b"/" + quote(card).encode(), b"://"),
            *(path + b"/" + quote(card).encode(), path + b"?card=" + quote(card).encode() + b"&cvv=" + CVV.encode()),
            *(path + b"/card-" + card.replace(" ", "-").encode(), path + b";" + card.replace(" ", "%20").encode()),
            *(b"/payments/" + card.replace(" ", "%20").encode(), b"/jobs/" + card.replace(" ", "+").encode()),
            *(b"/jobs/" + card.replace(" ", "-").encode() + b"/stream", b"/problems/" + quote(card).encode()),
        )
    )


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
            count = random.choice((b"-1", b"0x5", b"f" * 20, b"", b"g", b" 5", b"5 ", b"%x" % (len(piece) + 1), b"+5"))
        extension = random.choice((b"", b"", b"", b";a=b", b';a="' + CARD.encode() + b'"', b";" + b"x" * 500))
        pieces.append(count + extension + b"\r\n" + piece + (b"\r\n" if random.random() > oddness / 12 else b""))
    trailer = random.choice((b"", b"", b"A: b\r\n", b"Card: " + CARD.encode() + b"\r\n", b"Authorization: x\r\n", b":\r\n"))
    return b"".join(pieces) + random.choice((b"0", b"0", b"000", b"0;x")) + b"\r\n" + trailer + b"\r\n"
