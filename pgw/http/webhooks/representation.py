import json
from typing import Any

from pgw.domain.delivery import DeliveryTold, DeliveryTry
from pgw.domain.webhook import EndpointStatus, WebhookEndpoint
from pgw.http.answers import timestamp
from pgw.webhooks.secrets import WebhookSecrets


def endpoint_document(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return the public JSON of an endpoint; its secret is no part of it."""
    document: dict[str, Any] = {"endpointId": endpoint.id, "url": endpoint.url, "status": endpoint.status}
    if endpoint.status is EndpointStatus.DISABLED:
        document["disabledBecause"] = endpoint.disabled_because
    if endpoint.description is not None:
        document["description"] = endpoint.description
    if endpoint.event_types is not None:
        document["eventTypes"] = list(endpoint.event_types)
    document["secretVersion"] = endpoint.secret_version
    if endpoint.previous_secret_until is not None:
        document["previousSecretUntil"] = timestamp(endpoint.previous_secret_until)
    return document | {
        "createdAt": timestamp(endpoint.created_at),
        "updatedAt": timestamp(endpoint.updated_at),
    }


def with_secret(document: str, secrets: WebhookSecrets) -> str:
    """Return an endpoint's JSON with its secret as the last member.

    It is that of the version that the JSON tells: what is kept of an answer is without it, and so becomes
    the same text again.
    """
    endpoint = json.loads(document)
    secret = secrets.shown(endpoint["endpointId"], endpoint["secretVersion"])
    return f'{document.removesuffix("}")},"secret":{json.dumps(secret)}}}'


def delivery_document(told: DeliveryTold) -> dict[str, Any]:
    """Return the public JSON of a delivery, each of its latest tries in it."""
    delivery = told.delivery
    document: dict[str, Any] = {
        "deliveryId": delivery.key.id,
        "endpointId": delivery.key.endpoint_id,
        "type": delivery.type,
        "sequence": delivery.key.seq,
        "status": delivery.status,
    }
    if delivery.payment_id is not None:
        document["paymentId"] = delivery.payment_id
    if delivery.due_at is not None:
        document["dueAt"] = timestamp(delivery.due_at)
    return document | {
        "tries": [_try_document(made) for made in told.tries],
        "createdAt": timestamp(delivery.created_at),
        "updatedAt": timestamp(delivery.updated_at),
    }


def _try_document(made: DeliveryTry) -> dict[str, Any]:
    document: dict[str, Any] = {
        "number": made.number,
        "at": timestamp(made.at),
        "milliseconds": made.milliseconds,
    }
    optional = {"statusCode": made.status_code, "error": made.error, "snippet": made.snippet}
    return document | {name: value for name, value in optional.items() if value is not None}
