"""The schemas of endpoints: what is answered of one, and what of `endpoint_request.py` a schema can say."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pgw.domain.webhook import (
    EVENT_TYPES,
    LONGEST_DESCRIPTION,
    LONGEST_URL,
    MOST_ENDPOINTS,
    DisabledBecause,
    EndpointStatus,
    WebhookEndpoint,
)
from pgw.http.docs.operation import closed, schema
from pgw.http.docs.values import EXAMPLE_ENDPOINT_ID
from pgw.http.webhooks.endpoint_request import MOST_OVERLAP_SECONDS, OVERLAP_SECONDS, STATUSES

AT = datetime(2026, 11, 22, 14, 36, 57, 563000, tzinfo=UTC)
ENDPOINT = WebhookEndpoint.added(
    EXAMPLE_ENDPOINT_ID,
    "",
    "https://shop.example/webhooks",
    AT,
    description="The shop",
    event_types=["job.completed", "job.failed"],
)
ROTATED = ENDPOINT.rotated(AT + timedelta(days=1))

_URL = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_URL,
    "description": "Where webhooks are posted to: `https`, with a public host, without a user, a password or "
    "a fragment.",
    "examples": [ENDPOINT.url],
}
_DESCRIPTION = {
    "type": ["string", "null"],
    "maxLength": LONGEST_DESCRIPTION,
    "pattern": "^[^\\u0000]*$",
    "description": "Your own words.",
    "examples": ["The shop"],
}
_EVENT_TYPES = {
    "type": "array",
    "minItems": 1,
    "uniqueItems": True,
    "items": {"type": "string", "enum": list(EVENT_TYPES)},
    "description": "Which events it is told of. Without this member it is all, also of types to come.",
    "examples": [["job.completed", "job.failed"]],
}
_EVENT_TYPES_OR_NULL = {**_EVENT_TYPES, "type": ["array", "null"]}


def _is(status: EndpointStatus) -> dict[str, Any]:
    return {"properties": {"status": {"const": status}}}


_ANSWERED: dict[str, Any] = {
    "endpointId": schema("EndpointId"),
    "url": {**_URL, "description": "Where webhooks are posted to, in the one spelling that it is kept in."},
    "status": {
        "type": "string",
        "enum": list(STATUSES),
        "description": "Nothing is sent to one that is `Disabled`; nor is what happens meanwhile sent later.",
    },
    "disabledBecause": {
        "type": "string",
        "enum": list(DisabledBecause),
        "description": "`Asked`: by you. `Gone`: it answered 410. `Failing`: nothing reached it for days.",
    },
    "description": {**_DESCRIPTION, "type": "string"},
    "eventTypes": _EVENT_TYPES,
    "secretVersion": {
        "type": "integer",
        "minimum": 1,
        "description": "Counts the secrets that it has had.",
        "examples": [1],
    },
    "previousSecretUntil": {
        **schema("Timestamp"),
        "description": "Until when the secret before signs too. It stays here after that time.",
    },
    "createdAt": schema("Timestamp"),
    "updatedAt": schema("Timestamp"),
}
_OPTIONAL = ("disabledBecause", "description", "eventTypes", "previousSecretUntil")
_CONDITION: dict[str, Any] = {
    "if": _is(EndpointStatus.DISABLED),
    "then": {"required": ["disabledBecause"]},
    "else": {"properties": {"disabledBecause": False}},
}

SCHEMAS = {
    "WebhookEndpoint": closed(_ANSWERED, optional=_OPTIONAL, **_CONDITION),
    "WebhookEndpointWithSecret": closed(
        {
            **_ANSWERED,
            "secret": {
                "type": "string",
                "pattern": "^whsec_[A-Za-z0-9+/]{43}=$",
                "description": "What its webhooks are signed with (Standard Webhooks 1.0.0). Keep it: it is "
                "shown here and at no other time.",
            },
        },
        optional=_OPTIONAL,
        **_CONDITION,
    ),
    "WebhookEndpoints": closed(
        {"data": {"type": "array", "maxItems": MOST_ENDPOINTS, "items": schema("WebhookEndpoint")}}
    ),
    "WebhookEndpointOrder": closed(
        {"url": _URL, "description": _DESCRIPTION, "eventTypes": _EVENT_TYPES_OR_NULL},
        optional=("description", "eventTypes"),
    ),
    "WebhookEndpointPatch": closed(
        {
            "url": _URL,
            "description": {**_DESCRIPTION, "description": "Your own words; null takes them away."},
            "eventTypes": {
                **_EVENT_TYPES_OR_NULL,
                "description": "Which events it is told of; null for all, also of types to come.",
            },
            "status": {"type": "string", "enum": list(STATUSES)},
        },
        optional=("url", "description", "eventTypes", "status"),
        minProperties=1,
    ),
    "SecretRotation": closed(
        {
            "overlapSeconds": {
                "type": "integer",
                "minimum": 0,
                "maximum": MOST_OVERLAP_SECONDS,
                "default": OVERLAP_SECONDS,
                "description": "For how long the secret before signs beside the new one.",
                "examples": [3600],
            }
        },
        optional=("overlapSeconds",),
    ),
}
