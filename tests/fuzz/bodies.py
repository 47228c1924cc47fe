"""Bodies of requests: JSON, what is nearly JSON, and what is not, with card data in them."""

import gzip
import json
from collections.abc import Callable
from random import Random

from tests.fuzz.canary import CARD, CVV, GROUPED, SPELLINGS
from tests.fuzz.orders import odd_order, order

BOUNDARY = "pgw-fuzz"


def body(random: Random) -> tuple[bytes, bytes]:
    """Return a body and the media type that it is sent as."""
    return random.choices(KINDS, WEIGHTS)[0](random)


def _valid(random: Random) -> tuple[bytes, bytes]:
    return json.dumps(order(random)).encode(), b"application/json"


def _odd(random: Random) -> tuple[bytes, bytes]:
    text = json.dumps(odd_order(random), ensure_ascii=random.random() < 0.5)
    return text.encode(), random.choice((b"application/json", b"application/json; charset=UTF-8"))


def _odd_text(random: Random) -> tuple[bytes, bytes]:
    """Return what is nearly JSON: cut off, doubled, with members twice, in other encodings."""
    text = json.dumps(order(random))
    half = random.randrange(len(text))
    pieces = (
        *(
            text[:half].encode(),
            (text * 2).encode(),
            text[:-1].encode() + f',"{CARD}":1,"{CARD}":{CARD}}}'.encode(),
        ),
        *(
            b"\xef\xbb\xbf" + text.encode(),
            text.encode("utf-16"),
            text.encode("utf-16-le"),
            text.encode("utf-32"),
        ),
        *(b"[" * random.choice((20, 1000, 30_000)), b'{"card":' * 5000, b'{"a":1' + b"0" * 20_000 + b"}"),
        *(
            text.replace('"card"', '"\\ud800"').encode(),
            text.replace("10", "NaN").encode(),
            b"",
            b"null",
            b'""',
        ),
        *(f'"{CARD}"'.encode(), f"[{CARD}]".encode(), CARD.encode(), f"{CARD}.{CVV}e5".encode(), b"\0" * 50),
        *(text.encode()[:half] + b"\xff" + CARD.encode() + b"\xfe", b"\xc3\x28" + text.encode()),
        gzip.compress(text.encode(), mtime=0),
    )
    return random.choice(pieces), random.choice((b"application/json", b"application/json;charset=utf-16"))


def _form(random: Random) -> tuple[bytes, bytes]:
    number = random.choice(SPELLINGS).replace(" ", "+")
    fields = f"card[number]={number}&cvv={CVV}&amount=10.50&{number}={CVV}"
    return fields.encode(), b"application/x-www-form-urlencoded"


def _multipart(random: Random) -> tuple[bytes, bytes]:
    parts = "".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name={name!r}; filename={CARD!r}\r\n\r\n{value}\r\n"
        for name, value in (("number", random.choice(GROUPED)), ("cvv", CVV), (CARD, CVV))
    )
    end = random.choice((f"--{BOUNDARY}--\r\n", "", f"--{BOUNDARY}"))
    return f"{parts}{end}".encode(), f"multipart/form-data; boundary={BOUNDARY}".encode()


def _large(random: Random) -> tuple[bytes, bytes]:
    size = random.choice((60_000, 65_535, 65_536, 65_537, 90_000))
    text = json.dumps(order(random) | {"extra": ""})
    return text.replace('"extra": ""', f'"extra": "{CARD}{"a" * size}"').encode(), b"application/json"


def _with_wrong_type(random: Random) -> tuple[bytes, bytes]:
    content, _ = _valid(random)
    kinds = (
        b"",
        b"text/plain",
        b"application/xml",
        b"application/jsonx",
        b"json",
        b"a/b; c=" + CARD.encode(),
    )
    return content, random.choice(kinds)


KINDS: tuple[Callable[[Random], tuple[bytes, bytes]], ...] = (
    *(_valid, _odd, _odd_text, _form, _multipart, _large, _with_wrong_type),
)
WEIGHTS = (30, 40, 14, 3, 3, 2, 4)
