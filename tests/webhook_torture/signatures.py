"""Standard Webhooks 1.0.0 from a receiver's side, in few lines; its authors' package checks a sample."""

import base64
import hmac
from collections.abc import Iterator, Sequence

from standardwebhooks import Webhook, WebhookVerificationError

from tests.webhook_torture.evidence import Received

# Each try is signed anew; a receiver believes at most five minutes.
OLDEST_SECONDS = 10
SAMPLE = 200


def faults_of(secret: str, request: Received) -> Iterator[str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{request.id}.{request.timestamp}.{request.body}".encode()
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    if expected not in request.signature.split(" "):
        yield f"has the signature {request.signature!r}"
    age = request.at / 1000 - int(request.timestamp) if request.timestamp.isdigit() else None
    if age is None or not -1 <= age <= OLDEST_SECONDS:
        yield f"has the timestamp {request.timestamp!r} at {request.at}"
    if request.content_type.partition(";")[0] != "application/json":
        yield f"has the content type {request.content_type!r}"


def refused_by_the_package(secret: str, requests: Sequence[Received]) -> Iterator[str]:
    """Let the package verify the newest of them: it believes nothing that is older than five minutes."""
    webhook = Webhook(secret)
    for request in requests[-SAMPLE:]:
        headers = {
            "webhook-id": request.id,
            "webhook-timestamp": request.timestamp,
            "webhook-signature": request.signature,
        }
        try:
            webhook.verify(request.body, headers)
        except WebhookVerificationError as error:
            yield f"{request.path}: the package refuses {request.id}: {error}"
