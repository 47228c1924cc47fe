"""What a stream says: one text message a frame."""

from typing import Any

from pgw.domain.event import Event
from pgw.domain.job import JobEvent
from pgw.http.answers import encode, timestamp
from pgw.http.jobs.representation import job_document
from pgw.http.webhooks.representation import endpoint_document


def event_frame(event: Event) -> str:
    return encode(event_document(event))


def ready_frame(seq: int) -> str:
    return encode({"type": "stream.ready", "seq": seq})


def heartbeat_frame(seq: int) -> str:
    return encode({"type": "stream.heartbeat", "seq": seq})


def event_document(event: Event) -> dict[str, Any]:
    """Return the public JSON of an event, one frame of the stream."""
    document = {"type": event.type, "seq": event.seq, "occurredAt": timestamp(event.occurred_at)}
    if isinstance(event, JobEvent):
        return document | {"job": job_document(event.job)}
    return document | {"endpoint": endpoint_document(event.endpoint)}
