"""Requests for captures, voids and refunds, right and wrong, with the canary card where a text fits in."""

import json
from random import Random
from typing import Any

from tests.fuzz.canary import CARD, CVV, SPELLINGS
from tests.fuzz.orders import AMOUNTS

ODD_VALUES: tuple[object, ...] = (
    *(None, False, 0, -1, 1e308, 10**30, "", "\0", [], {}, [[]], "a" * 300, "é" * 255),
    *(*SPELLINGS, [CARD], {CARD: CARD}, {"cvv": CVV}),
)
NAMES = ("amount", "final", "reason", "currency", "card", "cvv", CARD)
IS_ODD, IS_OF_ALL = 0.3, 0.005


def operation_body(random: Random, path: bytes) -> tuple[bytes, bytes]:
    """Return a body that fits the path, or not, and the media type that it is sent as.

    Amounts are small, and few operations are of all that is left or final: a run's payments outlast many.
    """
    if random.random() < IS_OF_ALL:
        return random.choice((b"", b"{}", b'{"final":true}')), b"application/json"
    document: dict[str, Any] = {"amount": f"0.{random.randint(1, 99):02}"}
    if path.endswith(b"/refunds") and random.random() < 0.5:
        document["reason"] = random.choice(("Returned", "é 漢 \U0001f4b3", *SPELLINGS))
    if path.endswith(b"/captures") and random.random() < 0.3:
        document["final"] = False
    if random.random() < 0.1:
        document["amount"] = random.choice(AMOUNTS)
    while random.random() < IS_ODD:
        document[random.choice(NAMES)] = random.choice(ODD_VALUES)
    return json.dumps(document).encode(), b"application/json"
