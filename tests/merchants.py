"""Merchants and keys for tests that need some, and a ring that has a key on it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import trio

from pgw.actors.key_ring import KeyRing
from pgw.domain.api_key import ApiKey
from pgw.domain.key_format import hint_of
from pgw.domain.merchant import Merchant, Scope
from pgw.ports import Clock, SystemClock

CREATED_AT = datetime(2026, 11, 1, 8, 0, 0, 123_000, UTC)
SECRET_OF_KEYS = b"a secret of keys, of 32 bytes or more"


class WallClock:
    """Stands where a test puts it."""

    def __init__(self) -> None:
        self.time = CREATED_AT

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return trio.current_time()

    def pass_by(self, **times: float) -> None:
        self.time += timedelta(**times)


def a_merchant(merchant_id: str = "mer_a", name: str = "Shop") -> Merchant:
    return Merchant(merchant_id, name, CREATED_AT)


def a_key(number: int = 1, merchant_id: str = "mer_a", **changes: Any) -> ApiKey:
    """Return a key as it is kept. Nobody has it."""
    key_id = f"key_{number:06}"
    plain: dict[str, Any] = {
        "id": key_id,
        "merchant_id": merchant_id,
        "digest": f"{number:064x}",
        "hashed_under": "this secret",
        "hint": f"{number:04}"[-4:],
        "line": key_id,
        "scopes": tuple(Scope),
        "created_at": CREATED_AT,
    }
    return ApiKey(**plain | changes)


def key_on(ring: KeyRing, text: str, merchant_id: str = "mer_a", **changes: Any) -> ApiKey:
    """Return the key that a merchant has who knows this text. It is not on the ring yet."""
    known = {"digest": ring.digest_of(text), "hashed_under": ring.name_of_secret, "hint": hint_of(text)}
    return a_key(1, merchant_id, **known | changes)


def ring_with(text: str, merchant_id: str = "mer_a", clock: Clock | None = None, **changes: Any) -> KeyRing:
    """Return a ring with the key on it."""
    ring = KeyRing(SECRET_OF_KEYS, clock or SystemClock())
    ring.take([key_on(ring, text, merchant_id, **changes)])
    return ring
