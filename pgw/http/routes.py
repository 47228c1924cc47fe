"""The route table: what is served, and by which endpoint."""

from collections.abc import Awaitable, Callable
from typing import Concatenate

from attrs import frozen
from quart import Response

from pgw.http.call import Call, Parts
from pgw.http.health.live import live
from pgw.http.health.ready import ready
from pgw.http.jobs import fetch as jobs_fetch
from pgw.http.jobs.stream import stream
from pgw.http.jobs.upgrade import upgrade_required
from pgw.http.payments import fetch as payments_fetch
from pgw.http.payments.submit import submit
from pgw.http.problems.explain import explain

Endpoint = Callable[Concatenate[Parts, Call, ...], Awaitable[Response | None]]


@frozen
class Route:
    """A method, a path and its endpoint; `WS` is a WebSocket."""

    method: str
    path: str
    endpoint: Endpoint
    needs_key: bool = True


ROUTES = (
    Route("POST", "/payments", submit),
    Route("GET", "/payments/<payment_id>", payments_fetch.fetch),
    Route("GET", "/jobs/<job_id>", jobs_fetch.fetch),
    Route("WS", "/jobs/stream", stream),
    Route("WS", "/jobs/<job_id>/stream", stream),
    Route("GET", "/jobs/stream", upgrade_required),
    Route("GET", "/jobs/<job_id>/stream", upgrade_required),
    Route("GET", "/health/live", live, needs_key=False),
    Route("GET", "/health/ready", ready, needs_key=False),
    Route("GET", "/problems/<code>", explain, needs_key=False),
)
