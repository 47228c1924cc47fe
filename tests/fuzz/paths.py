"""Targets of requests that no client should send."""

from random import Random
from urllib.parse import quote

from tests.fuzz.canary import CVV, SPELLINGS
from tests.fuzz.vocabulary import QUERIES


def odd_path(random: Random, path: bytes) -> bytes:
    card = random.choice(SPELLINGS)
    return random.choice(
        (
            *(
                path + random.choice(QUERIES),
                path + b"/",
                b"/" + path,
                path + b"//",
                path + b"/%2e%2e",
                path + b"/%00",
            ),
            *(
                path + b"/%ff",
                path + b"%2F",
                b"http://pgw.test" + path,
                b"x:99",
                b"*",
                path + b"#a",
                path.upper(),
            ),
            *(path + b"/" + b"a" * random.choice((300, 9000)), b"//evil.example" + path, b"\\" + path, b""),
            *(path + b"/\xc3\xa9", path + b"/\xff", path + b"/%E2%82", b"/" + quote(card).encode(), b"://"),
            *(
                path + b"/" + quote(card).encode(),
                path + b"?card=" + quote(card).encode() + b"&cvv=" + CVV.encode(),
            ),
            *(
                path + b"/card-" + card.replace(" ", "-").encode(),
                path + b";" + card.replace(" ", "%20").encode(),
            ),
            *(b"/payments/" + card.replace(" ", "%20").encode(), b"/jobs/" + card.replace(" ", "+").encode()),
            *(b"/jobs/" + card.replace(" ", "-").encode() + b"/stream", b"/problems/" + quote(card).encode()),
        )
    )
