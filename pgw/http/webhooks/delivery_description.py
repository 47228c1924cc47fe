"""What the routes of webhook deliveries take and answer."""

from datetime import timedelta
from typing import Any

from attrs import evolve

from pgw.domain.delivery import Delivery, DeliveryKey, DeliveryStatus, DeliveryTold, DeliveryTry
from pgw.domain.errors import InvalidCode, Refusal
from pgw.domain.job import JobEventType
from pgw.domain.webhook import EVENT_TYPES, RedeliveryRefusal
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Body, Operation, Parameter, Tag, closed, schema
from pgw.http.docs.parameters import IDEMPOTENCY_KEY
from pgw.http.docs.values import EXAMPLE_DELIVERY_ID, EXAMPLE_ENDPOINT_ID, EXAMPLE_PAYMENT_ID
from pgw.http.paging import LONGEST_PAGE, PAGE
from pgw.http.webhooks.delivery_query import ENDPOINT_ID, PAYMENT_ID
from pgw.http.webhooks.endpoint_schema import AT
from pgw.http.webhooks.representation import delivery_document

_TRIES = (
    DeliveryTry(1, AT + timedelta(milliseconds=5), 15_000, error="No answer came in time."),
    DeliveryTry(2, AT + timedelta(seconds=19), 48, status_code=200, snippet="ok"),
)
_PENDING = Delivery(
    DeliveryKey(1041, EXAMPLE_ENDPOINT_ID),
    "",
    JobEventType.COMPLETED,
    EXAMPLE_PAYMENT_ID,
    DeliveryStatus.PENDING,
    tries=1,
    failures=1,
    due_at=AT + timedelta(seconds=19),
    created_at=AT,
    updated_at=AT + timedelta(seconds=15, milliseconds=5),
)
_DELIVERED = evolve(
    _PENDING,
    status=DeliveryStatus.DELIVERED,
    tries=2,
    due_at=None,
    updated_at=AT + timedelta(seconds=19, milliseconds=48),
)
_AGAIN = evolve(_DELIVERED, status=DeliveryStatus.PENDING, failures=0, due_at=AT + timedelta(days=1))
_WAITING = delivery_document(DeliveryTold(_PENDING, _TRIES[:1]))
_DONE = delivery_document(DeliveryTold(_DELIVERED, _TRIES))
_EXAMPLES = {
    "Delivered": {"summary": "Delivered at the second try", "value": _DONE},
    "Pending": {"summary": "To be tried again", "value": _WAITING},
}

SCHEMAS = {
    "WebhookDelivery": closed(
        {
            "deliveryId": schema("DeliveryId"),
            "endpointId": schema("EndpointId"),
            "type": {"type": "string", "enum": list(EVENT_TYPES), "description": "The event's."},
            "sequence": {
                "type": "integer",
                "minimum": 1,
                "description": "The event's `seq` in your stream.",
                "examples": [1041],
            },
            "status": {
                "type": "string",
                "enum": list(DeliveryStatus),
                "description": "`Pending`: to be sent, or sent again; also while it waits for the one before "
                "it of the same payment. `Delivered`: an answer of 2xx came. `GivenUp`: after the last try; "
                "it can be sent again by request.",
            },
            "paymentId": schema("PaymentId"),
            "dueAt": {
                **schema("Timestamp"),
                "description": "When it is tried next. Absent once it is over, and while it waits for the "
                "one before it.",
            },
            "tries": {
                "type": "array",
                "items": schema("WebhookTry"),
                "description": "The latest tries, the newest last.",
            },
            "createdAt": schema("Timestamp"),
            "updatedAt": schema("Timestamp"),
        },
        optional=("paymentId", "dueAt"),
    ),
    "WebhookTry": closed(
        {
            "number": {"type": "integer", "minimum": 1, "description": "Counts all tries, from 1."},
            "at": schema("Timestamp"),
            "milliseconds": {"type": "integer", "minimum": 0, "description": "How long it took."},
            "statusCode": {"type": "integer", "description": "That of the answer."},
            "error": {"type": "string", "description": "Why there was no answer."},
            "snippet": {"type": "string", "description": "The beginning of the answer's body."},
        },
        optional=("statusCode", "error", "snippet"),
        oneOf=[{"required": ["statusCode"]}, {"required": ["error"]}],
        description="One request to the endpoint. It has either a `statusCode` or an `error`.",
    ),
    "WebhookDeliveries": closed(
        {
            "data": {"type": "array", "maxItems": LONGEST_PAGE, "items": schema("WebhookDelivery")},
            "nextCursor": {
                "type": "string",
                "description": "There are more: ask for them with this `cursor`.",
            },
        },
        optional=("nextCursor",),
    ),
}

_DELIVERY_ID = Parameter(
    "deliveryId",
    "path",
    "The `deliveryId`, which is the `webhook-id` of each try.",
    {"type": "string", "minLength": 1, "examples": [EXAMPLE_DELIVERY_ID]},
)


def _query(name: str, description: str, **described: Any) -> Parameter:
    return Parameter(name, "query", description, described)


_QUERY = (
    _query(
        *("limit", "How many at most."),
        type="integer",
        minimum=1,
        maximum=LONGEST_PAGE,
        default=PAGE,
        examples=[PAGE],
    ),
    _query("cursor", "The `nextCursor` of the page before.", type="string", examples=[EXAMPLE_DELIVERY_ID]),
    _query(
        *("endpointId", "Only those to this endpoint."),
        type="string",
        pattern=f"^{ENDPOINT_ID}$",
        examples=[EXAMPLE_ENDPOINT_ID],
    ),
    _query(
        *("paymentId", "Only those about this payment."),
        type="string",
        pattern=f"^{PAYMENT_ID}$",
        examples=[EXAMPLE_PAYMENT_ID],
    ),
    _query("status", "Only those with this status.", type="string", enum=list(DeliveryStatus)),
)
_LINKS = {
    name: {
        "operationId": operation_id,
        "parameters": {"deliveryId": "$response.body#/deliveryId"},
        "description": description,
    }
    for name, operation_id, description in (
        ("delivery", "getWebhookDelivery", "See what became of it."),
        ("again", "redeliverWebhook", "Send it again."),
    )
}

LIST = Operation(
    id="listWebhookDeliveries",
    tag=Tag.WEBHOOKS,
    summary="List deliveries, the newest first",
    description="Each event for each endpoint, with its latest tries, for as long as events are kept.",
    parameters=_QUERY,
    answers=(
        Answer(
            200,
            "A page of them.",
            schema("WebhookDeliveries"),
            examples={
                "Page": {
                    "summary": "There are more",
                    "value": {"data": [_DONE], "nextCursor": EXAMPLE_DELIVERY_ID},
                },
                "Last": {"summary": "There are no more", "value": {"data": [_WAITING]}},
            },
        ),
    ),
    problems=(InvalidCode.INVALID_PARAMETER, Refusal.STORAGE_UNAVAILABLE),
)

FETCH = Operation(
    id="getWebhookDelivery",
    tag=Tag.WEBHOOKS,
    summary="Fetch a delivery",
    description="With its latest tries: what came back, when, and the beginning of it.",
    parameters=(_DELIVERY_ID,),
    answers=(Answer(200, "The delivery.", schema("WebhookDelivery"), examples=_EXAMPLES, links=_LINKS),),
    problems=(RedeliveryRefusal.UNKNOWN, Refusal.STORAGE_UNAVAILABLE),
)

REDELIVER = Operation(
    id="redeliverWebhook",
    tag=Tag.WEBHOOKS,
    summary="Send a webhook again",
    description="Whatever became of it: it is due at once, under the same `webhook-id`, with the whole "
    "schedule of tries before it.",
    parameters=(_DELIVERY_ID, IDEMPOTENCY_KEY),
    body=Body(
        "Nothing is to be said; may be left out.",
        closed({}),
        {"Again": {"summary": "Again", "value": {}}},
        required=False,
    ),
    answers=(
        Answer(
            202,
            "It is due.",
            schema("WebhookDelivery"),
            examples={"Again": {"summary": "Due", "value": delivery_document(DeliveryTold(_AGAIN, _TRIES))}},
            headers={
                "Location": header("DeliveryLocation"),
                "Idempotent-Replayed": header("IdempotentReplayed"),
            },
            links=_LINKS,
        ),
    ),
    problems=(
        *("MalformedRequest", InvalidCode.UNKNOWN_PARAMETER, "InvalidIdempotencyKey", "RequestTimeout"),
        *("RequestTooLarge", "UnsupportedMediaType", "IdempotencyKeyReused"),
        *(RedeliveryRefusal.UNKNOWN, RedeliveryRefusal.ENDPOINT_DISABLED),
    ),
)
