"""What requests are put together from: names, values and paths, right and wrong."""

from collections.abc import Sequence

from tests.fuzz.canary import CARD, CVV, SPELLINGS

# Put in when an input is sent: what a run's gateway gave its first payments, and its first endpoint.
JOB, PAYMENT, AUTHORIZED = b"@JOB@", b"@PAYMENT@", b"@AUTHORIZED@"
ENDPOINT, DELIVERY = b"@ENDPOINT@", b"@DELIVERY@"
ENDPOINTS = b"/webhook-endpoints"
# The first two are taken again and again. Any other would be the last of its payment, or is refused.
OPERATIONS = (
    *(b"/payments/" + PAYMENT + b"/refunds", b"/payments/" + AUTHORIZED + b"/captures"),
    *(b"/payments/" + PAYMENT + b"/captures", b"/payments/" + AUTHORIZED + b"/voids"),
)
PATHS = (
    *(b"/payments", b"/payments/" + PAYMENT, b"/jobs", b"/jobs/" + JOB, b"/jobs/stream", b"/health/live"),
    *(b"/jobs/" + JOB + b"/stream", b"/health/ready", b"/problems/InvalidCvv", b"/openapi.json", b"/docs"),
    *(b"/metrics", b"/", b"/nowhere", b"/problems"),
    *OPERATIONS,
    b"/payments/" + PAYMENT + b"/events",
    *(ENDPOINTS, ENDPOINTS + b"/" + ENDPOINT, ENDPOINTS + b"/" + ENDPOINT + b"/rotate-secret"),
    *(b"/webhook-deliveries", b"/webhook-deliveries/" + DELIVERY),
    b"/webhook-deliveries/" + DELIVERY + b"/redeliver",
)
METHODS = (b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"PRI")
ODD_METHODS = (
    b"get",
    b"GE T",
    b"G\0T",
    b"P\xc3\x96ST",
    b"",
    b"A" * 5000,
    CARD.encode(),
    b"POST,GET",
    b"QUERY",
)
VERSIONS = (
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"HTTP/0.9",
    b"HTTP/1.2",
    b"http/1.1",
    b"HTTP/1.1 ",
    b"HTTP/11",
    b"",
    b"ICY",
)
QUERIES = (
    *(
        b"?",
        b"?after=0",
        b"?after=-1",
        b"?after=%00",
        b"?limit=1&cursor=x",
        b"?status=Pending&paymentId=" + PAYMENT + b"&endpointId=" + ENDPOINT,
        b"?limit=a",
        b"?a=%ff",
        b"?a=%",
        b"??",
    ),
    *(
        b"?" + b"a=1&" * 500,
        b"?card=" + CARD.encode() + b"&cvv=" + CVV.encode(),
        b"?after=" + b"9" * 400,
        b"?a[]=1",
    ),
)
KEY, OTHER_KEY = b"Bearer ap_123", b"Bearer ap_456"
CARD_VALUES = tuple(spelling.encode() for spelling in SPELLINGS)
CARD_AND_CVV = (
    *CARD_VALUES,
    CARD.encode() + b":" + CVV.encode(),
    b'"' + CARD.encode() + b'"; cvv=' + CVV.encode(),
)
ODD_VALUES = (
    *(
        b"",
        b" ",
        b"\xff\xfe",
        b"\xc3\xa9",
        b"a\tb",
        b"a\0b",
        b"a\x7fb",
        b"a\rb",
        b"a\r\n b",
        b",",
        b'"',
        b"%00",
    ),
    *(b"a" * 3000, b"1" * 300, b"=?utf-8?q?=41?=", b"../../etc/passwd", b"${jndi:ldap://x}", b"Bearer"),
)
NAMES = (
    *(
        b"Authorization",
        b"Accept",
        b"Idempotency-Key",
        b"Prefer",
        b"X-Request-Id",
        b"Content-Encoding",
        b"Cookie",
    ),
    *(
        b"Content-Type",
        b"User-Agent",
        b"X-Forwarded-For",
        b"Forwarded",
        b"X-Forwarded-Proto",
        b"X-Forwarded-Host",
    ),
    *(
        b"Range",
        b"If-None-Match",
        b"Accept-Encoding",
        b"Origin",
        b"Referer",
        b"TE",
        b"Via",
        b"Trailer",
        b"Host",
    ),
    *(
        b"Expect",
        b"Connection",
        b"Upgrade",
        b"Content-Length",
        b"Transfer-Encoding",
        b"Keep-Alive",
        b"HTTP2-Settings",
    ),
)
ODD_NAMES = (
    b"",
    b" A",
    b"A ",
    b"A B",
    b"A:",
    b"\xc3\xa9",
    b"A\0",
    b"(",
    b"a" * 2000,
    b"\tA",
    b"A\r",
    CARD.encode(),
)
NAMED_VALUES: dict[bytes, Sequence[bytes]] = {
    b"Authorization": (
        KEY,
        OTHER_KEY,
        b"bearer ap_123",
        b"Bearer wrong",
        b"Basic YTpi",
        b"Bearer  ap_123",
        b"ap_123",
    ),
    b"Accept": (
        b"*/*",
        b"text/html",
        b"application/problem+json",
        b"application/json;q=0",
        b"a/b;q=x",
        b";;,",
        b"*",
    ),
    b"Idempotency-Key": (
        b"key-1",
        b'"key-1"',
        b'"a\\"b"',
        b'"',
        b"a,b",
        b"a" * 255,
        b"a" * 256,
        b"\xe2\x82\xac",
    ),
    b"Prefer": (b"wait=0", b"wait=1", b"wait=-1", b"wait=x", b"wait=99999999999", b"respond-async, wait=0"),
    b"X-Request-Id": (b"a-b.c~d", b"a b", b"a" * 129, b"a\tb", b"<x>"),
    b"Content-Encoding": (b"gzip", b"identity", b"br", b"gzip, gzip"),
    b"Expect": (b"100-continue", b"100-Continue", b"200-ok"),
    b"Connection": (b"close", b"keep-alive", b"upgrade", b"close, keep-alive", b"Host", b"Content-Length"),
    b"Upgrade": (b"h2c", b"websocket", b"HTTP/2.0", b"TLS/1.0"),
    b"Content-Length": (b"0", b"-1", b"+5", b"5, 5", b"5", b"1" * 30, b"0x10", b" 7 ", b"1_0", b"\xd9\xa3"),
    b"Transfer-Encoding": (
        b"chunked",
        b"gzip",
        b"identity",
        b"gzip, chunked",
        b"chunked, chunked",
        b"xchunked",
        b"\x0bchunked",
    ),
    b"Host": (
        b"a, b",
        b"x:99999",
        b"[::1",
        b"x@y",
        b"\xc3\xa9.example",
        b"a..b",
        b".",
        b"xn--a",
        b"a" * 70 + b".b",
    ),
    b"X-Forwarded-For": (b"1.2.3.4", b"1.2.3.4, 5.6.7.8", b"unknown", b"999.1.1.1", b"[::1]:80", b"," * 500),
    b"Forwarded": (
        b"for=1.2.3.4;proto=https;host=a",
        b'for="[::1]:80"',
        b"for=",
        b"for=_x, for=unknown",
        b';=,"',
    ),
    b"Origin": (b"https://evil.example", b"null", b"http://127.0.0.1"),
    b"HTTP2-Settings": (b"AAMAAABkAARAAAAAAAIAAAAA", b"%%%"),
}
Header = tuple[bytes, bytes]
