"""The schemas of deliveries, and the examples of them."""

from datetime import timedelta

from attrs import evolve

from pgw.domain.delivery import Delivery, DeliveryKey, DeliveryStatus, DeliveryTold, DeliveryTry
from pgw.domain.job import JobEventType
from pgw.domain.webhook import EVENT_TYPES
from pgw.http.docs.operation import closed, schema
from pgw.http.docs.values import EXAMPLE_ENDPOINT_ID, EXAMPLE_PAYMENT_ID
from pgw.http.paging import LONGEST_PAGE
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
WAITING = delivery_document(DeliveryTold(_PENDING, _TRIES[:1]))
DONE = delivery_document(DeliveryTold(_DELIVERED, _TRIES))
DUE_AGAIN = delivery_document(DeliveryTold(_AGAIN, _TRIES))

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
