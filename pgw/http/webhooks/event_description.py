"""What is sent to webhook endpoints: the `webhooks` of OpenAPI 3.1, one for each type of event."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pgw.domain.errors import FailureCode
from pgw.domain.event import Event
from pgw.domain.job import Job, JobEvent, JobEventType, JobFailure, event_type
from pgw.domain.payment import Payment
from pgw.domain.webhook import ENDPOINT_DISABLED, DisabledBecause, EndpointDisabled
from pgw.http.docs import lives
from pgw.http.docs.operation import JSON, Schema, Tag, closed, schema
from pgw.http.docs.values import EXAMPLE_JOB_ID
from pgw.http.payments.description import EXAMPLE_PAYMENT
from pgw.http.webhooks.endpoint_schema import AT, ENDPOINT
from pgw.http.webhooks.payload import payload_document

_LATER = AT + timedelta(milliseconds=334)
_OPEN = Job.opened(EXAMPLE_JOB_ID, EXAMPLE_PAYMENT, "")
_SEQUENCE = 1041


def _example(summary: str, event: Event, payment: Payment | None = None) -> dict[str, Any]:
    return {"summary": summary, "value": payload_document(event, payment)}


def _of_job(summary: str, payment: Payment, failure: JobFailure | None = None) -> dict[str, Any]:
    job = _OPEN if payment is EXAMPLE_PAYMENT else _OPEN.following(payment, failure)
    return _of_life(summary, lives.Life(payment, job))


def _of_life(summary: str, life: lives.Life) -> dict[str, Any]:
    return _example(summary, JobEvent(_SEQUENCE, event_type(life.job), life.job), life.payment)


_INTERRUPTED = JobFailure(
    FailureCode.INTERRUPTED, "The bank's answer was lost, and the request was reversed."
)
_EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    JobEventType.CREATED: {
        "Created": _of_job("A payment is accepted", EXAMPLE_PAYMENT),
        "Capture": _of_life("A capture is accepted", lives.CAPTURE),
        "Void": _of_life("A void is accepted", lives.VOID),
        "Refund": _of_life("A refund is accepted", lives.REFUND),
    },
    JobEventType.UPDATED: {
        "Unknown": _of_job("No answer of the bank's is known", EXAMPLE_PAYMENT.doubted(_LATER))
    },
    JobEventType.COMPLETED: {
        "Approved": _of_job("Charged", EXAMPLE_PAYMENT.authorized(_LATER)),
        "Declined": _of_job("The bank said no", EXAMPLE_PAYMENT.declined("insufficient_funds", _LATER)),
        "PartiallyCaptured": _of_life("Some of it is captured", lives.CAPTURED_IN_PART),
        "Captured": _of_life("A final part is captured", lives.LAST_CAPTURE),
        "Voided": _of_life("What was reserved is given up", lives.VOIDED),
        "Expired": _of_life("It was not captured in time", lives.EXPIRED),
        "PartiallyRefunded": _of_life("Some of it is given back", lives.REFUNDED_IN_PART),
        "Refunded": _of_life("All of it is given back", lives.REFUNDED),
    },
    JobEventType.FAILED: {
        "Failed": _of_job("No money moved", EXAMPLE_PAYMENT.failed(_LATER), _INTERRUPTED),
        "CaptureDeclined": _of_life("The bank said no to a capture", lives.CAPTURE_DECLINED),
        "VoidDeclined": _of_life("The bank said no to a void", lives.VOID_DECLINED),
        "RefundDeclined": _of_life("The bank said no to a refund", lives.REFUND_DECLINED),
    },
    ENDPOINT_DISABLED: {
        "Gone": _example(
            "Another endpoint of yours answered 410",
            EndpointDisabled(_SEQUENCE, ENDPOINT.disabled(DisabledBecause.GONE, _LATER)),
        )
    },
}
_ABOUT: Mapping[str, tuple[str, str]] = {
    JobEventType.CREATED: ("jobCreated", "An operation was accepted"),
    JobEventType.UPDATED: ("jobUpdated", "An open operation has changed"),
    JobEventType.COMPLETED: ("jobCompleted", "An operation was done, or a payment was decided on"),
    JobEventType.FAILED: ("jobFailed", "An operation has ended, and no money moved"),
    ENDPOINT_DISABLED: ("webhookEndpointDisabled", "The gateway disabled a webhook endpoint"),
}
_OF_ALL = """Sent to each endpoint of yours that wants events of this type, after Standard Webhooks 1.0.0.
Verify the signature over the body's very bytes, and that `webhook-timestamp` is not old, before you believe
it.

The events of one payment come in ascending order of `data.sequence`: the next one is sent once the one before
it was delivered or given up. One may come twice; `webhook-id` tells it.
"""
_SEQUENCE_SCHEMA = {
    "type": "integer",
    "minimum": 1,
    "description": "The event's `seq` in your stream.",
    "examples": [_SEQUENCE],
}


def _payload(types: list[str], **data: Schema) -> dict[str, Any]:
    return closed(
        {
            "type": {"type": "string", "enum": types},
            "timestamp": {**schema("Timestamp"), "description": "When it happened."},
            "data": closed({"sequence": _SEQUENCE_SCHEMA, **data}),
        }
    )


SCHEMAS = {
    "JobWebhook": _payload(list(JobEventType), job=schema("Job"), payment=schema("Payment")),
    "WebhookEndpointWebhook": _payload([ENDPOINT_DISABLED], endpoint=schema("WebhookEndpoint")),
}


def _header(name: str, description: str, described: Schema) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": description, "schema": described}


_HEADERS = [
    _header("webhook-id", "The `deliveryId`, the same at each try.", schema("DeliveryId")),
    _header(
        "webhook-timestamp",
        "When this try was made, in seconds since 1970 in UTC.",
        {"type": "integer", "minimum": 0, "examples": [int(AT.timestamp())]},
    ),
    _header(
        "webhook-signature",
        "`v1,` and the base64 of an HMAC-SHA256 over `webhook-id`, `webhook-timestamp` and the body, joined "
        "by dots; its key is your secret without `whsec_`, decoded. During a rotation there are two, divided "
        "by a space: one that is right is enough.",
        {
            "type": "string",
            "pattern": "^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)?$",
            "examples": [f"v1,{'aSignature/over+' * 2}allOfThese1="],
        },
    ),
]
_RETRY_AFTER = {
    "description": "Seconds, or a time (RFC 9110, section 10.2.3): it is not tried again before, if that is "
    "within a day.",
    "schema": {"type": "string", "examples": ["120"]},
}
_ANSWERS = {
    "2XX": {"description": "It is delivered. The beginning of the body is kept with the try."},
    "410": {"description": "The endpoint is gone: it is disabled, and nothing is sent to it any more."},
    "default": {
        "description": "It is not delivered, as without an answer within 15 s, and is tried again: after 5 s,"
        " then minutes, then hours, for about three days in all. A redirect is not followed.",
        "headers": {"Retry-After": _RETRY_AFTER},
    },
}


def _webhook(type_: str) -> dict[str, Any]:
    name, summary = _ABOUT[type_]
    of = "WebhookEndpointWebhook" if type_ == ENDPOINT_DISABLED else "JobWebhook"
    content = {
        "schema": {**schema(of), "properties": {"type": {"const": type_}}},
        "examples": _EXAMPLES[type_],
    }
    return {
        "operationId": name,
        "tags": [Tag.WEBHOOKS.label],
        "summary": summary,
        "description": _OF_ALL,
        "security": [],
        "parameters": _HEADERS,
        "requestBody": {"description": "The event.", "required": True, "content": {JSON: content}},
        "responses": _ANSWERS,
    }


WEBHOOKS = {type_: {"post": _webhook(type_)} for type_ in _ABOUT}
