"""Requests for captures, voids and refunds, right and wrong, with the canary card where a text fits in."""

import json
from random import Random
from typing import Any

from tests.fuzz.canary import CARD, CVV, SPELLINGS
from tests.fuzz.orders import AMOUNTS

ODD_VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1e308, 10**30, "", "\0", [], {}, [[]], "a" * 300, "é" * 255),
    *(*SPELLINGS, [CARD], {CARD: CARD}, {"cvv": CVV}),
)
NAMES = ("amount", "final", "reason", "currency", "card", "cvv", CARD)


def operation_body(random: Random) -> tuple[bytes, bytes]:
    """Return a body, often none, and the media type that it is sent as.

    Amounts are small and few captures final, so that a run's payments take operations to its end.
    """
    if random.random() < 0.1:
        return b"", b"application/json"
    document: dict[str, Any] = {"amount": f"0.{random.randint(1, 99):02}"}
    if random.random() < 0.3:
        document["reason"] = random.choice(("Returned", "é 漢 \U0001f4b3", *SPELLINGS))
    if random.random() < 0.05:
        document["final"] = random.random() < 0.1
    if random.random() < 0.2:
        document["amount"] = random.choice(AMOUNTS)
    while random.random() < 0.3:
        document[random.choice(NAMES)] = random.choice(ODD_VALUES)
    if random.random() < 0.1:
        document = {}
    return json.dumps(document).encode(), b"application/json"
