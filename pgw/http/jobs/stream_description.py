"""What the streams send. OpenAPI has no WebSockets: each is described at the `GET` that opens it."""

from pgw.domain.errors import InvalidCode, Refusal
from pgw.domain.job import JobEventType
from pgw.domain.webhook import ENDPOINT_DISABLED
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Operation, Parameter, Tag, closed, schema
from pgw.http.jobs.description import JOB_ID

_SEQ = {"type": "integer", "minimum": 0}

SCHEMAS = {
    "StreamFrame": {
        "oneOf": [
            schema(name) for name in ("StreamReady", "StreamHeartbeat", "JobEvent", "WebhookEndpointEvent")
        ],
        "description": "One text message of a stream.",
    },
    "StreamReady": closed(
        {"type": {"const": "stream.ready"}, "seq": _SEQ},
        description="The first frame: everything after `seq` follows.",
    ),
    "StreamHeartbeat": closed(
        {"type": {"const": "stream.heartbeat"}, "seq": _SEQ},
        description="After every 15 s of silence: nothing is missing up to `seq`.",
    ),
    "JobEvent": closed(
        {
            "type": {"type": "string", "enum": list(JobEventType)},
            "seq": {"type": "integer", "minimum": 1},
            "occurredAt": schema("Timestamp"),
            "job": schema("Job"),
        },
        description="A change of a job. `seq` is yours alone and has no gaps.",
    ),
    "WebhookEndpointEvent": closed(
        {
            "type": {"const": ENDPOINT_DISABLED},
            "seq": {"type": "integer", "minimum": 1},
            "occurredAt": schema("Timestamp"),
            "endpoint": schema("WebhookEndpoint"),
        },
        description="The gateway disabled a webhook endpoint. It has a `seq` as those of jobs have.",
    ),
}

_AFTER = Parameter(
    "after",
    "query",
    "Resumes after the event with this `seq`: what is stored first, then live, none missing and none twice. "
    "Without it a stream of a job begins at its first event, one of all jobs at now.",
    {"type": "integer", "minimum": 0, "maximum": 10**15 - 1, "examples": [0]},
)
_FRAMES = """Connect with the WebSocket protocol (RFC 6455); a plain `GET` is answered 426.

Each text message from the gateway is one `StreamFrame`: first `stream.ready`, then one frame for each
change, and a heartbeat after every 15 s of silence. Nothing is expected of you but to read.

    {"type": "stream.ready", "seq": 1040}
    {"type": "job.completed", "seq": 1041, "occurredAt": "…", "job": {…}}

The reason of a close frame says what to do, and from which `seq` to resume with `after`.

| closed with | means |
|---|---|
| 1000 | the job has ended, and this was its last event |
| 1003 | you sent a message, of which none is expected: connect again, with `after` |
| 1008 | your key has ended: connect again with another one, and `after` |
| 1009 | you sent a message of more than 4 KiB: connect again, with `after` |
| 1011 | something went wrong on our side: connect again, with `after` |
| 1012 | the gateway restarts: connect again, with `after` |
| 1013 | you read too slowly, or storage is not available: connect again in a while, with `after` |
| 4410 | events that you ask for are no longer kept: fetch your jobs, then connect with the reason's `after` |

Events are kept for 30 days unless the gateway is set otherwise. A job's stream without `after` is closed
with 4410 too where the job's first event is no longer kept.

A browser can send no key: let your server get a ticket from `POST /stream-tickets`, and connect with
`?ticket=`. A page of another origin than the gateway's is answered 403, unless the gateway allows it.
"""
_OPENED = Answer(
    101,
    "The stream is open; from here on it is a WebSocket.",
    headers={"Upgrade": header("Upgrade")},
)
_PROBLEMS = (
    InvalidCode.INVALID_PARAMETER,
    InvalidCode.UNKNOWN_PARAMETER,
    "ForbiddenOrigin",
    "UpgradeRequired",
    Refusal.SHUTTING_DOWN,
    Refusal.STORAGE_UNAVAILABLE,
)

ALL = Operation(
    id="streamJobs",
    tag=Tag.STREAMS,
    summary="Listen to all your jobs",
    description=f"Without `after` it starts at now.\n\n{_FRAMES}",
    parameters=(_AFTER,),
    answers=(_OPENED,),
    problems=_PROBLEMS,
)
ONE = Operation(
    id="streamJob",
    tag=Tag.STREAMS,
    summary="Listen to one job",
    description=f"Without `after` it starts at the job's first event; it ends after its last.\n\n{_FRAMES}",
    parameters=(JOB_ID, _AFTER),
    answers=(_OPENED,),
    problems=("UnknownJob", *_PROBLEMS),
)
