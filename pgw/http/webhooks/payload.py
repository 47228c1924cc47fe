from typing import Any

from pgw.domain.delivery import DueDelivery
from pgw.domain.event import Event
from pgw.domain.job import JobEvent
from pgw.domain.payment import Payment
from pgw.http.answers import encode, timestamp
from pgw.http.jobs.representation import job_document
from pgw.http.payments.representation import payment_document
from pgw.http.webhooks.representation import endpoint_document


def payload(due: DueDelivery) -> bytes:
    """Return a webhook's body (Standard Webhooks 1.0.0), the same at every try."""
    return encode(payload_document(due.event, due.payment)).encode()


def payload_document(event: Event, payment: Payment | None) -> dict[str, Any]:
    """Return the public JSON of an event, and of the payment that it is about as it was then.

    `sequence` is the event's `seq` in the stream, so each payment's are in ascending order.
    """
    data: dict[str, Any] = {"sequence": event.seq}
    if isinstance(event, JobEvent):
        assert payment is not None, "a job is about a payment"
        data |= {"job": job_document(event.job), "payment": payment_document(payment)}
    else:
        data["endpoint"] = endpoint_document(event.endpoint)
    return {"type": event.type, "timestamp": timestamp(event.occurred_at), "data": data}
