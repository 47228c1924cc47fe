"""Webhooks as the standard's own package signs them."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook as StandardWebhook

NOW = datetime(2026, 11, 22, 14, 36, 57, tzinfo=UTC)
SECRET = f"whsec_{base64.b64encode(b'of an endpoint, in the tests alone').decode()}"
OTHER_SECRET = f"whsec_{base64.b64encode(b'of another endpoint, or an old one').decode()}"
ID = "whd_abkcbdgckhdkhaaa"


def signed(
    body: bytes, *, secret: str = SECRET, webhook_id: str = ID, at: datetime | None = None
) -> Mapping[str, str]:
    """Return the three headers; signed now unless another time is given."""
    at = at or datetime.now(UTC)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": StandardWebhook(secret).sign(webhook_id, at, body.decode()),
    }


def payload(seq: int = 1, status: str = "Approved", **members: Any) -> bytes:
    job = {"jobId": "job_abkcad", "paymentStatus": status, "amount": 10.5}
    data = {"sequence": seq, "job": job, "payment": {"price": {"currency": "EUR"}}} | members
    document = {"type": "job.completed", "timestamp": "2026-11-22T14:36:57.563Z", "data": data}
    return json.dumps(document).encode()
