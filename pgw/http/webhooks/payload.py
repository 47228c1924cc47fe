from typing import Any

from pgw.domain.delivery import DueDelivery
from pgw.domain.job import JobEvent
from pgw.http.answers import encode, timestamp
from pgw.http.jobs.representation import job_document
from pgw.http.payments.representation import payment_document
from pgw.http.webhooks.representation import endpoint_document


def payload(due: DueDelivery) -> bytes:
    """Return a webhook's body (Standard Webhooks 1.0.0), the same at every try.

    `sequence` is the event's `seq` in the stream, so each payment's are in ascending order.
    """
    event = due.event
    data: dict[str, Any] = {"sequence": event.seq}
    if isinstance(event, JobEvent):
        assert due.payment is not None, "a job is about a payment"
        data |= {"job": job_document(event.job), "payment": payment_document(due.payment)}
    else:
        data["endpoint"] = endpoint_document(event.endpoint)
    return encode({"type": event.type, "timestamp": timestamp(event.occurred_at), "data": data}).encode()
