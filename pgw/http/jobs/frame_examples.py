"""Frames to show, by the names of their schemas: made by what makes those that are sent."""

from collections.abc import Mapping, Sequence
from typing import Any

import simplejson
from attrs import evolve

from pgw.domain.errors import FailureCode
from pgw.domain.job import JobEvent, JobEventType, JobFailure, JobStatus, event_type
from pgw.domain.payment import PaymentStatus
from pgw.domain.webhook import DisabledBecause, EndpointDisabled, WebhookEndpoint
from pgw.http.docs import lives
from pgw.http.jobs.description import EXAMPLE_JOB, EXAMPLE_LATER
from pgw.http.jobs.frames import event_frame, heartbeat_frame, ready_frame

_SEQ = 1040
_APPROVED = evolve(
    EXAMPLE_JOB,
    status=JobStatus.COMPLETED,
    payment_status=PaymentStatus.APPROVED,
    updated_at=EXAMPLE_LATER,
)
_FAILED = evolve(
    EXAMPLE_JOB,
    status=JobStatus.FAILED,
    payment_status=PaymentStatus.FAILED,
    failure=JobFailure(FailureCode.BANK_REJECTED, "The bank refused the request."),
    updated_at=EXAMPLE_LATER,
)
_UNKNOWN = evolve(EXAMPLE_JOB, payment_status=PaymentStatus.UNKNOWN, updated_at=EXAMPLE_LATER)
_ENDPOINT = WebhookEndpoint.added(
    "whe_abkcbdgckhdkhaaalnbphkkpdminfcgi", "", "https://shop.example/webhooks", EXAMPLE_JOB.created_at
).disabled(DisabledBecause.FAILING, EXAMPLE_LATER)


def _example(summary: str, frame: str) -> Mapping[str, Any]:
    document = simplejson.loads(frame, use_decimal=True)
    return {"name": document["type"], "summary": summary, "payload": document}


def _of_life(summary: str, after: int, life: lives.Life) -> Mapping[str, Any]:
    return _example(summary, event_frame(JobEvent(_SEQ + after, event_type(life.job), life.job)))


FRAME_EXAMPLES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "StreamReady": [_example("Everything after it follows", ready_frame(_SEQ))],
    "StreamHeartbeat": [_example("Nothing is missing up to it", heartbeat_frame(_SEQ))],
    "JobEvent": [
        _example("Accepted", event_frame(JobEvent(_SEQ + 1, JobEventType.CREATED, EXAMPLE_JOB))),
        _example("The outcome is unknown", event_frame(JobEvent(_SEQ + 2, JobEventType.UPDATED, _UNKNOWN))),
        _example("Charged", event_frame(JobEvent(_SEQ + 3, JobEventType.COMPLETED, _APPROVED))),
        _example("No money moved", event_frame(JobEvent(_SEQ + 3, JobEventType.FAILED, _FAILED))),
        _of_life("A capture is accepted", 1, lives.CAPTURE),
        _of_life("Some of it is captured", 2, lives.CAPTURED_IN_PART),
        _of_life("What was reserved is given up", 2, lives.VOIDED),
        _of_life("Some of it is given back", 2, lives.REFUNDED_IN_PART),
        _of_life("The bank said no to a refund", 2, lives.REFUND_DECLINED),
    ],
    "WebhookEndpointEvent": [
        _example("It failed for days", event_frame(EndpointDisabled(_SEQ + 4, _ENDPOINT)))
    ],
}
