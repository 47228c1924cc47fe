"""What the routes of webhook deliveries take and answer."""

from pgw.domain.delivery import DeliveryStatus
from pgw.domain.errors import InvalidCode, Refusal
from pgw.domain.webhook import RedeliveryRefusal
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Body, Operation, Parameter, Tag, closed, schema
from pgw.http.docs.pages import limit_parameter, query_parameter
from pgw.http.docs.parameters import IDEMPOTENCY_KEY
from pgw.http.docs.values import EXAMPLE_DELIVERY_ID, EXAMPLE_ENDPOINT_ID, EXAMPLE_PAYMENT_ID
from pgw.http.paging import ENDPOINT_ID, PAYMENT_ID
from pgw.http.webhooks.delivery_schema import DONE, DUE_AGAIN, WAITING

_EXAMPLES = {
    "Delivered": {"summary": "Delivered at the second try", "value": DONE},
    "Pending": {"summary": "To be tried again", "value": WAITING},
}

_DELIVERY_ID = Parameter(
    "deliveryId",
    "path",
    "The `deliveryId`, which is the `webhook-id` of each try.",
    {"type": "string", "minLength": 1, "examples": [EXAMPLE_DELIVERY_ID]},
)


_QUERY = (
    limit_parameter(),
    query_parameter(
        "cursor", "The `nextCursor` of the page before.", type="string", examples=[EXAMPLE_DELIVERY_ID]
    ),
    query_parameter(
        *("endpointId", "Only those to this endpoint."),
        type="string",
        pattern=f"^{ENDPOINT_ID}$",
        examples=[EXAMPLE_ENDPOINT_ID],
    ),
    query_parameter(
        *("paymentId", "Only those about this payment."),
        type="string",
        pattern=f"^{PAYMENT_ID}$",
        examples=[EXAMPLE_PAYMENT_ID],
    ),
    query_parameter("status", "Only those with this status.", type="string", enum=list(DeliveryStatus)),
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
                    "value": {"data": [DONE], "nextCursor": EXAMPLE_DELIVERY_ID},
                },
                "Last": {"summary": "There are no more", "value": {"data": [WAITING]}},
            },
        ),
    ),
    problems=(
        InvalidCode.INVALID_PARAMETER,
        InvalidCode.UNKNOWN_PARAMETER,
        Refusal.STORAGE_UNAVAILABLE,
    ),
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
        is_required=False,
    ),
    answers=(
        Answer(
            202,
            "It is due.",
            schema("WebhookDelivery"),
            examples={"Again": {"summary": "Due", "value": DUE_AGAIN}},
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
