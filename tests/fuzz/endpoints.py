"""Requests about webhook endpoints, right and wrong, with the canary card where a text fits in."""

import json
from random import Random
from typing import Any
from urllib.parse import quote

from tests.fuzz.canary import CARD, CVV, SPELLINGS

# Nowhere (RFC 6761), so that nothing is ever sent.
URL = "https://hooks.invalid/a"
ODD_URLS = (
    *("", "x", "http://hooks.invalid/", "https:///a", "https://", "https://127.0.0.1/", "https://[::1]:1/"),
    *(f"https://ada:{CVV}@hooks.invalid/", "https://hooks.invalid/#a", "https://hooks.invalid:99999/"),
    *(
        f"https://{CARD}.invalid/",
        f"{URL}/{CARD}",
        f"{URL}?card={quote(SPELLINGS[1])}",
        "https://\N{SNOWMAN}/",
    ),
    *("https://0x7f.1/", "https://hooks.invalid/\0", "https://hooks.invalid\\@a/", "a" * 3000),
)
ODD_VALUES: tuple[object, ...] = (
    *(None, True, 0, -1, 1e308, 10**30, "", "\0", [], {}, [[]], "a" * 300, *SPELLINGS, [CARD], {CARD: CARD}),
)
TYPES = ("job.created", "job.completed", "job.failed", "webhook_endpoint.disabled", "job.exploded", CARD, 7)


def endpoint_body(random: Random) -> tuple[bytes, bytes]:
    """Return a body and the media type that it is sent as."""
    document: dict[str, Any] = {"url": f"{URL}{random.randrange(100)}"}
    if random.random() < 0.3:
        document["url"] = random.choice(ODD_URLS)
    if random.random() < 0.3:
        document["eventTypes"] = random.choices(TYPES, k=random.randrange(5))
    while random.random() < 0.4:
        name = random.choice(("url", "description", "eventTypes", "status", "overlapSeconds", "secret", CARD))
        document[name] = random.choice(ODD_VALUES)
    if random.random() < 0.2:
        document = {"status": random.choice(("Enabled", "Disabled", "Deleted", CARD))}
    kind = random.choice((b"application/json", b"application/json", b"application/merge-patch+json"))
    return json.dumps(document).encode(), kind
