"""A webhook's signature (Standard Webhooks 1.0.0, "Signature scheme"), symmetric."""

import base64
import hmac
from collections.abc import Iterable

SCHEME = "v1"


def signature(webhook_id: str, timestamp: int, payload: bytes, keys: Iterable[bytes]) -> str:
    """Return the `webhook-signature` header: one signature for each key, in their order.

    `timestamp` is in seconds since 1970, as its header says it.
    """
    signed = f"{webhook_id}.{timestamp}.".encode() + payload
    digests = (hmac.digest(key, signed, "sha256") for key in keys)
    return " ".join(f"{SCHEME},{base64.b64encode(digest).decode()}" for digest in digests)
