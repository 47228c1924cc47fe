"""The headers of answers."""

from collections.abc import Mapping
from typing import Any

from pgw.domain.errors import Refusal
from pgw.http.docs.operation import Schema, component, schema
from pgw.http.docs.values import EXAMPLE_DELIVERY_ID, EXAMPLE_ENDPOINT_ID, EXAMPLE_JOB_ID

# Under their names as components; those that are not `required` may be absent.
HEADERS: Mapping[str, Mapping[str, Any]] = {
    "XRequestId": {
        "description": "The `X-Request-Id` of the request if it sent a sane one, else a new one.",
        "required": True,
        "schema": schema("RequestId"),
    },
    "Location": {
        "description": "Where to follow the job.",
        "required": True,
        "schema": {"type": "string", "pattern": "^/jobs/job_", "examples": [f"/jobs/{EXAMPLE_JOB_ID}"]},
    },
    "EndpointLocation": {
        "description": "Where the endpoint is.",
        "required": True,
        "schema": {
            "type": "string",
            "pattern": "^/webhook-endpoints/whe_",
            "examples": [f"/webhook-endpoints/{EXAMPLE_ENDPOINT_ID}"],
        },
    },
    "DeliveryLocation": {
        "description": "Where to follow the delivery.",
        "required": True,
        "schema": {
            "type": "string",
            "pattern": "^/webhook-deliveries/whd_",
            "examples": [f"/webhook-deliveries/{EXAMPLE_DELIVERY_ID}"],
        },
    },
    "PageLinks": {
        "description": "The next page where there is one, and the first, as references with the same "
        "parameters (RFC 8288).",
        "required": True,
        "schema": {
            "type": "string",
            "pattern": '^(<[^>]+>; rel="next", )?<[^>]+>; rel="first"$',
            "examples": ['</payments?status=Approved>; rel="first"'],
        },
    },
    "RetryAfter": {
        "description": "Send the request again after so many seconds.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1, "examples": [1]},
    },
    "RetryAfterAtTimes": {
        "description": "Send the request again after so many seconds; absent where that alone does not help.",
        "schema": {"type": "integer", "minimum": 1, "examples": [1]},
    },
    "RetryAfterWhileOpen": {
        "description": "Ask again after so many seconds; absent once the job has ended.",
        "schema": {"type": "integer", "minimum": 1, "examples": [1]},
    },
    "IdempotentReplayed": {
        "description": "The request was accepted before under its `Idempotency-Key`; this is that answer "
        "again.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "PreferenceApplied": {
        "description": "The seconds that were waited for at most (RFC 7240).",
        "schema": {"type": "string", "pattern": "^wait=([1-9]|[12][0-9]|30)$", "examples": ["wait=10"]},
    },
    "WWWAuthenticateWithScope": {
        "description": "The scope that it takes (RFC 6750); absent where it is not for want of one.",
        "schema": {"type": "string", "pattern": "^Bearer", "examples": ["Bearer"]},
    },
    "WWWAuthenticate": {
        "description": "How to authenticate (RFC 6750).",
        "required": True,
        "schema": {"type": "string", "pattern": "^Bearer", "examples": ["Bearer"]},
    },
    "Allow": {
        "description": "The methods that the route takes.",
        "required": True,
        "schema": {"type": "string", "examples": ["GET, HEAD"]},
    },
    "Upgrade": {
        "description": "The protocol that the route speaks.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[Ww]eb[Ss]ocket$", "examples": ["websocket"]},
    },
    "SecWebSocketVersion": {
        "description": "The version of the WebSocket protocol that is spoken (RFC 6455, 4.4).",
        "required": True,
        "schema": {"type": "string", "enum": ["13"]},
    },
    "ETag": {
        "description": "Names this very content; `If-None-Match` with it is answered 304 until it changes.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9a-f]+"$'},
    },
    "CacheControl": {
        "description": "Keep it, and ask whether it is still the same before using it.",
        "required": True,
        "schema": {"type": "string", "enum": ["no-cache"]},
    },
    "NoStore": {
        "description": "No cache keeps it, for there is a secret in it (RFC 9111, section 5.2.2.5).",
        "required": True,
        "schema": {"type": "string", "enum": ["no-store"]},
    },
    "ContentSecurityPolicy": {
        "description": "What the page may load: nothing of any other origin.",
        "required": True,
        "schema": {"type": "string"},
    },
    "NoSniff": {
        "description": "The content is what `Content-Type` says.",
        "required": True,
        "schema": {"type": "string", "enum": ["nosniff"]},
    },
    "RateLimit": {
        "description": "What is left of the quota, and the seconds until there is more "
        "(draft-ietf-httpapi-ratelimit-headers). Absent where there is no quota.",
        "schema": {"type": "string", "examples": ['"default";r=199;t=1']},
    },
    "RateLimitPolicy": {
        "description": "The quotas that apply (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string", "examples": ['"default";q=200;w=2']},
    },
}


def header(name: str) -> Schema:
    assert name in HEADERS, name
    return component("headers", name)


# On every answer; and on those of routes that take a key, whose merchants have a quota.
OF_ALL = {"X-Request-Id": header("XRequestId")}
OF_KEYED = {**OF_ALL, "RateLimit": header("RateLimit"), "RateLimit-Policy": header("RateLimitPolicy")}
# Beside these, on the problems of a status, and on those of a code.
OF_STATUS: Mapping[int, Mapping[str, Schema]] = {
    401: {"WWW-Authenticate": header("WWWAuthenticate")},
    403: {"WWW-Authenticate": header("WWWAuthenticateWithScope")},
    405: {"Allow": header("Allow")},
    426: {"Upgrade": header("Upgrade"), "Sec-WebSocket-Version": header("SecWebSocketVersion")},
    429: {"Retry-After": header("RetryAfter")},
    503: {"Retry-After": header("RetryAfter")},
}
OF_CODE: Mapping[str, Mapping[str, Schema]] = {
    Refusal.IDEMPOTENCY_KEY_IN_USE: {"Retry-After": header("RetryAfter")}
}
# Instead of those of a code, on the problems of a status of which only some have them.
OF_SOME: Mapping[int, Mapping[str, Schema]] = {409: {"Retry-After": header("RetryAfterAtTimes")}}
