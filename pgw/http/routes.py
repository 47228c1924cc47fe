"""The route table: what is served, and by which endpoint."""

from collections.abc import Awaitable, Callable
from typing import Concatenate

from attrs import frozen
from quart import Response

from pgw.domain.merchant import Scope
from pgw.http.call import Call, Parts
from pgw.http.health.live import live
from pgw.http.health.ready import ready
from pgw.http.jobs import fetch as jobs_fetch
from pgw.http.jobs.stream import stream
from pgw.http.jobs.upgrade import upgrade_required
from pgw.http.metrics.scrape import scrape
from pgw.http.payments import fetch as payments_fetch
from pgw.http.payments.submit import submit
from pgw.http.problems.explain import explain

Endpoint = Callable[Concatenate[Parts, Call, ...], Awaitable[Response | None]]


@frozen
class Route:
    """A method, a path, its endpoint and the scope that a key must have; `WS` is a WebSocket.

    Without a scope no key is needed. One that is not `in_json` sees itself to what its caller accepts.
    """

    method: str
    path: str
    endpoint: Endpoint
    scope: Scope | None
    in_json: bool = True


ROUTES = (
    Route("POST", "/payments", submit, Scope.PAYMENTS_WRITE),
    Route("GET", "/payments/<payment_id>", payments_fetch.fetch, Scope.PAYMENTS_READ),
    Route("GET", "/jobs/<job_id>", jobs_fetch.fetch, Scope.PAYMENTS_READ),
    Route("WS", "/jobs/stream", stream, Scope.PAYMENTS_READ),
    Route("WS", "/jobs/<job_id>/stream", stream, Scope.PAYMENTS_READ),
    Route("GET", "/jobs/stream", upgrade_required, Scope.PAYMENTS_READ),
    Route("GET", "/jobs/<job_id>/stream", upgrade_required, Scope.PAYMENTS_READ),
    Route("GET", "/health/live", live, None),
    Route("GET", "/health/ready", ready, None),
    Route("GET", "/problems/<code>", explain, None),
    Route("GET", "/metrics", scrape, None, in_json=False),
)
# Where the metrics have an address of their own: what is served there, and what is served elsewhere then.
METRICS_AND_HEALTH = tuple(route for route in ROUTES if route.path.startswith(("/metrics", "/health/")))
WITHOUT_METRICS = tuple(route for route in ROUTES if route.path != "/metrics")
