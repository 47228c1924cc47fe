from hashlib import sha256

import pytest

from pgw.domain.merchant import ApiKey
from pgw.http.authentication import KeyRing, digest_of

KEYS = [
    ApiKey(digest_of("live-key"), "mer_live", demo=False),
    ApiKey(digest_of("ap_123"), "mer_demo", demo=True),
]


def test_a_key_is_kept_as_its_digest() -> None:
    assert sha256(b"ap_123").hexdigest() == digest_of("ap_123")
    assert "ap_123" not in repr(KEYS)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer live-key", "bearer live-key", "BEARER live-key", "Bearer  live-key", "Bearer live-key "],
)
def test_a_key_determines_the_merchant(authorization: str) -> None:
    assert "mer_live" == KeyRing(KEYS, demo=False).merchant_of(authorization)


def test_demo_keys_are_honoured_in_demo_mode_only() -> None:
    assert "mer_demo" == KeyRing(KEYS, demo=True).merchant_of("Bearer ap_123")
    assert KeyRing(KEYS, demo=False).merchant_of("Bearer ap_123") is None
    assert "mer_live" == KeyRing(KEYS, demo=True).merchant_of("Bearer live-key")


OTHER_SCHEMES = ["", " ", "live-key", "Basic live-key", "Bearerlive-key", "Bearer\tlive-key"]
NO_KEYS = ["Bearer", "Bearer ", "Bearer live key", "Bearer live-key,live-key", "Bearer " + "a" * 60_000]
OTHER_KEYS = ["Bearer live-key2", "Bearer live-ke", "Bearer LIVE-KEY", f"Bearer {KEYS[0].digest}"]
NOT_ASCII = ["Bearer \udcff", "Bearer \xe9"]


@pytest.mark.parametrize(
    "authorization",
    [None, *OTHER_SCHEMES, *NO_KEYS, *OTHER_KEYS, *NOT_ASCII],
    ids=lambda value: ascii(value)[:30],
)
def test_anything_else_is_nobodys_key(authorization: str | None) -> None:
    assert KeyRing(KEYS, demo=True).merchant_of(authorization) is None
