"""What the routes of webhook endpoints take and answer."""

from typing import Any

from pgw.domain.errors import InvalidCode, Refusal
from pgw.domain.webhook import MOST_ENDPOINTS, DisabledBecause, EndpointRefusal, WebhookEndpoint
from pgw.http.docs.headers import header
from pgw.http.docs.operation import JSON, MERGE_PATCH, Answer, Body, Operation, Parameter, Tag, schema
from pgw.http.docs.parameters import IDEMPOTENCY_KEY
from pgw.http.docs.values import EXAMPLE_ENDPOINT_ID, EXAMPLE_SECRET
from pgw.http.webhooks.endpoint_schema import AT, ENDPOINT, ROTATED
from pgw.http.webhooks.representation import endpoint_document

_ENABLED = {"Enabled": {"summary": "It is told", "value": endpoint_document(ENDPOINT)}}
_GONE = endpoint_document(ENDPOINT.disabled(DisabledBecause.GONE, AT))
_EITHER = _ENABLED | {"Disabled": {"summary": "It answered 410", "value": _GONE}}

ENDPOINT_ID = Parameter(
    "endpointId",
    "path",
    "The `endpointId` that it was added with.",
    {"type": "string", "minLength": 1, "examples": [EXAMPLE_ENDPOINT_ID]},
)
_THIS = {"endpointId": "$response.body#/endpointId"}
_LINKS = {
    "endpoint": {"operationId": "getWebhookEndpoint", "parameters": _THIS, "description": "Fetch it again."},
    "change": {"operationId": "changeWebhookEndpoint", "parameters": _THIS, "description": "Change it."},
    "rotate": {
        "operationId": "rotateWebhookSecret",
        "parameters": _THIS,
        "description": "Give it another secret.",
    },
}
_OF_BODIES = (
    *("MalformedRequest", InvalidCode.UNKNOWN_PARAMETER, InvalidCode.INVALID_PARAMETER),
    *("RequestTimeout", "RequestTooLarge", "UnsupportedMediaType"),
)
_OF_MEMBERS = (
    InvalidCode.MISSING_REQUIRED_PARAMETER,
    InvalidCode.INVALID_URL,
    InvalidCode.CARD_DATA_IN_TEXT,
    EndpointRefusal.DUPLICATE,
)
_OF_KEYS = ("InvalidIdempotencyKey", "IdempotencyKeyReused", Refusal.STORAGE_UNAVAILABLE)
_WITH_SECRET = {
    "Idempotent-Replayed": header("IdempotentReplayed"),
    "Cache-Control": header("NoStore"),
}


def _with_secret(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return endpoint_document(endpoint) | {"secret": EXAMPLE_SECRET}


ADD = Operation(
    id="addWebhookEndpoint",
    tag=Tag.WEBHOOKS,
    summary="Add an endpoint",
    description=f"You may have {MOST_ENDPOINTS}, each with another URL. The answer has the secret that its "
    "webhooks are signed with; no other one will, but that to a repeat under the same `Idempotency-Key`. "
    "Events from now on are told.",
    parameters=(IDEMPOTENCY_KEY,),
    body=Body(
        "Where to, and which events.",
        schema("WebhookEndpointOrder"),
        {
            "Ends": {
                "summary": "Told of how jobs end",
                "value": {
                    "url": ENDPOINT.url,
                    "description": ENDPOINT.description,
                    "eventTypes": ENDPOINT.event_types,
                },
            },
            "All": {"summary": "Told of all events", "value": {"url": "https://audit.example/webhooks"}},
        },
    ),
    answers=(
        Answer(
            201,
            "It is added, and on disk.",
            schema("WebhookEndpointWithSecret"),
            examples={"Added": {"summary": "With its secret", "value": _with_secret(ENDPOINT)}},
            headers={"Location": header("EndpointLocation"), **_WITH_SECRET},
            links=_LINKS,
        ),
    ),
    problems=(*_OF_BODIES, *_OF_MEMBERS, EndpointRefusal.TOO_MANY, *_OF_KEYS),
)

LIST = Operation(
    id="listWebhookEndpoints",
    tag=Tag.WEBHOOKS,
    summary="List your endpoints",
    description=f"All of them, by the time they were added. There are {MOST_ENDPOINTS} at most, so there are "
    "no pages.",
    answers=(
        Answer(
            200,
            "Your endpoints.",
            schema("WebhookEndpoints"),
            examples={"One": {"value": {"data": [endpoint_document(ENDPOINT)]}}},
        ),
    ),
    problems=(Refusal.STORAGE_UNAVAILABLE,),
)

FETCH = Operation(
    id="getWebhookEndpoint",
    tag=Tag.WEBHOOKS,
    summary="Fetch an endpoint",
    description="Another merchant's endpoint is answered as one that does not exist.",
    parameters=(ENDPOINT_ID,),
    answers=(Answer(200, "The endpoint, without its secret.", schema("WebhookEndpoint"), examples=_EITHER),),
    problems=(EndpointRefusal.UNKNOWN, Refusal.STORAGE_UNAVAILABLE),
)

CHANGE = Operation(
    id="changeWebhookEndpoint",
    tag=Tag.WEBHOOKS,
    summary="Change, disable or enable an endpoint",
    description="A JSON merge patch (RFC 7396): what is left out stays, and null takes away. One that is "
    "enabled again is sent what waited for it when it was disabled.",
    parameters=(ENDPOINT_ID,),
    body=Body(
        "The members that change, at least one.",
        schema("WebhookEndpointPatch"),
        {
            "AllEvents": {"summary": "Told of all events", "value": {"eventTypes": None}},
            "Disabled": {"summary": "Told of nothing", "value": {"status": "Disabled"}},
            "Moved": {"summary": "At another URL", "value": {"url": "https://shop.example/told"}},
        },
        media_types=(JSON, MERGE_PATCH),
    ),
    answers=(Answer(200, "The endpoint as it is now.", schema("WebhookEndpoint"), examples=_EITHER),),
    problems=(*_OF_BODIES, *_OF_MEMBERS, EndpointRefusal.UNKNOWN),
)

DELETE = Operation(
    id="deleteWebhookEndpoint",
    tag=Tag.WEBHOOKS,
    summary="Delete an endpoint",
    description="Nothing is sent to it any more, and its deliveries are not shown any more. Its URL may be "
    "added again, with another secret.",
    parameters=(ENDPOINT_ID,),
    answers=(Answer(204, "It is deleted."),),
    problems=(EndpointRefusal.UNKNOWN,),
)

ROTATE = Operation(
    id="rotateWebhookSecret",
    tag=Tag.WEBHOOKS,
    summary="Give an endpoint another secret",
    description="Until `overlapSeconds` are over each webhook is signed with both secrets, so that you can "
    "take over the new one without losing any. A rotation ends the overlap of the one before it.",
    parameters=(ENDPOINT_ID, IDEMPOTENCY_KEY),
    body=Body(
        "For how long both are valid; may be left out.",
        schema("SecretRotation"),
        {
            "Default": {"summary": "Both for 24 hours", "value": {}},
            "AtOnce": {"summary": "The new one alone, at once", "value": {"overlapSeconds": 0}},
        },
        is_required=False,
    ),
    answers=(
        Answer(
            200,
            "The endpoint with its new secret.",
            schema("WebhookEndpointWithSecret"),
            examples={"Rotated": {"summary": "With its new secret", "value": _with_secret(ROTATED)}},
            headers=_WITH_SECRET,
        ),
    ),
    problems=(*_OF_BODIES, EndpointRefusal.UNKNOWN, *_OF_KEYS),
)
