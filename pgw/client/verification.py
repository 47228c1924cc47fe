"""Whether a webhook is the gateway's, and fresh (Standard Webhooks 1.0.0)."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from pgw.domain.result import Err, Ok, Result

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
SHORTEST_KEY, LONGEST_KEY = 24, 64
TOLERANCE_SECONDS = 300
"""How far a webhook's time may be from ours, either way."""
_VERSION = "v1,"
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class NoSecret(ValueError):
    """A text is no secret of an endpoint; the message never repeats it."""


@frozen
class WebhookSecret:
    """An endpoint's secret, with which the gateway signs what it sends there."""

    key: bytes = field(repr=False)

    @staticmethod
    def of(text: str) -> "WebhookSecret":
        """Read `whsec_` and base64. Raises `NoSecret`."""
        try:
            key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError) as error:
            raise NoSecret("it is not base64") from error
        if not text.startswith(PREFIX) or not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
            raise NoSecret(f"it is not {PREFIX} and {SHORTEST_KEY} to {LONGEST_KEY} bytes in base64")
        return WebhookSecret(key)

    @property
    def shown(self) -> str:
        """The secret as its gateway tells it, to whoever is to verify with it."""
        return PREFIX + base64.b64encode(self.key).decode()

    def signature(self, webhook_id: str, timestamp: str, body: bytes) -> str:
        signed = f"{webhook_id}.{timestamp}.".encode() + body
        return _VERSION + base64.b64encode(hmac.digest(self.key, signed, "sha256")).decode()


def verify(secret: WebhookSecret, headers: Mapping[str, str], body: bytes, now: datetime) -> Result[str, str]:
    """Return the webhook's id, or in a sentence why it is not to be believed.

    `headers` are by their names in lower case, `body` is as it came, byte for byte. The id is the same at
    every try, so whoever keeps it acts once. While a secret is rotated there are two signatures, divided by
    a space; those of other versions are passed over.
    """
    if missing := [name for name in (ID, TIMESTAMP, SIGNATURE) if not headers.get(name)]:
        return Err(f"It has no {missing[0]}.")
    webhook_id, timestamp = headers[ID], headers[TIMESTAMP]
    if not _TIMESTAMP.fullmatch(timestamp):
        return Err(f"Its {TIMESTAMP} is no number of seconds.")
    age = now.timestamp() - int(timestamp)
    if abs(age) > TOLERANCE_SECONDS:
        direction = "old" if age > 0 else "in the future"
        return Err(f"Its {TIMESTAMP} is {abs(age):.0f} s {direction}; {TOLERANCE_SECONDS} are tolerated.")
    expected = secret.signature(webhook_id, timestamp, body).encode()
    # Each is compared in a time that tells nothing of how much of it is right.
    given = [one.encode() for one in headers[SIGNATURE].split(" ") if one.startswith(_VERSION)]
    if not any(hmac.compare_digest(expected, one) for one in given):
        return Err("None of its signatures is of this secret and this body.")
    return Ok(webhook_id)
