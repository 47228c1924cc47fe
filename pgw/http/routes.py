"""The route table: what is served, and by which endpoint."""

from collections.abc import Awaitable, Callable
from typing import Concatenate

from attrs import frozen
from quart import Response

from pgw.domain.merchant import Scope
from pgw.http.call import Call, Parts
from pgw.http.docs.asyncapi import ASYNCAPI, asyncapi
from pgw.http.docs.openapi import OPENAPI, openapi
from pgw.http.docs.operation import Operation
from pgw.http.docs.show import FILE_SHOWN, PAGE_SHOWN, show
from pgw.http.health.live import LIVE, live
from pgw.http.health.ready import READY, ready
from pgw.http.jobs import description as jobs
from pgw.http.jobs import fetch as jobs_fetch
from pgw.http.jobs import fetch_page as jobs_page
from pgw.http.jobs import list_description as jobs_listed
from pgw.http.jobs import stream_description as streams
from pgw.http.jobs.issue_ticket import issue_ticket
from pgw.http.jobs.stream import stream
from pgw.http.jobs.ticket_description import ISSUE_TICKET
from pgw.http.jobs.upgrade import upgrade_required
from pgw.http.metrics.scrape import SCRAPE, scrape
from pgw.http.payments import description as payments
from pgw.http.payments import fetch as payments_fetch
from pgw.http.payments import fetch_page as payments_page
from pgw.http.payments import list_description as payments_listed
from pgw.http.payments import operation_description as operations
from pgw.http.payments import timeline_description as timelines
from pgw.http.payments.fetch_events import fetch_events
from pgw.http.payments.operate import capture, refund, void
from pgw.http.payments.submit import submit
from pgw.http.problems.explain import EXPLAIN, explain
from pgw.http.webhooks import delivery_description as deliveries
from pgw.http.webhooks import endpoint_description as endpoints
from pgw.http.webhooks.add_endpoint import add_endpoint
from pgw.http.webhooks.change_endpoint import change_endpoint, delete_endpoint
from pgw.http.webhooks.fetch_deliveries import fetch_deliveries, fetch_delivery
from pgw.http.webhooks.fetch_endpoints import fetch_endpoint, fetch_endpoints
from pgw.http.webhooks.redeliver import redeliver
from pgw.http.webhooks.rotate_secret import rotate_secret

Endpoint = Callable[Concatenate[Parts, Call, ...], Awaitable[Response | None]]


@frozen
class Route:
    """A method, a path, its endpoint and the scope that a key must have; `WS` is a WebSocket.

    Without a scope no key is needed. `operation` describes it, as `/openapi.json` shows it. Where it
    `takes_ticket` one may stand in the query, in the place of a key.
    """

    method: str
    path: str
    endpoint: Endpoint
    scope: Scope | None
    operation: Operation
    takes_ticket: bool = False


_READ, _WRITE = Scope.PAYMENTS_READ, Scope.PAYMENTS_WRITE
_READ_WEBHOOKS, _WRITE_WEBHOOKS = Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE
_ENDPOINT, _DELIVERY = "/webhook-endpoints/<endpoint_id>", "/webhook-deliveries/<delivery_id>"
ROUTES = (
    Route("POST", "/payments", submit, _WRITE, payments.SUBMIT),
    Route("GET", payments_page.PATH, payments_page.fetch_page, _READ, payments_listed.LIST),
    Route("GET", "/payments/<payment_id>", payments_fetch.fetch, _READ, payments.FETCH),
    Route("POST", "/payments/<payment_id>/captures", capture, _WRITE, operations.CAPTURE),
    Route("POST", "/payments/<payment_id>/voids", void, _WRITE, operations.VOID),
    Route("POST", "/payments/<payment_id>/refunds", refund, _WRITE, operations.REFUND),
    Route("GET", "/payments/<payment_id>/events", fetch_events, _READ, timelines.LIST),
    Route("GET", jobs_page.PATH, jobs_page.fetch_page, _READ, jobs_listed.LIST),
    Route("GET", "/jobs/<job_id>", jobs_fetch.fetch, _READ, jobs.FETCH),
    Route("WS", "/jobs/stream", stream, _READ, streams.ALL, takes_ticket=True),
    Route("WS", "/jobs/<job_id>/stream", stream, _READ, streams.ONE, takes_ticket=True),
    Route("GET", "/jobs/stream", upgrade_required, _READ, streams.ALL, takes_ticket=True),
    Route("GET", "/jobs/<job_id>/stream", upgrade_required, _READ, streams.ONE, takes_ticket=True),
    Route("POST", "/stream-tickets", issue_ticket, _READ, ISSUE_TICKET),
    Route("POST", "/webhook-endpoints", add_endpoint, _WRITE_WEBHOOKS, endpoints.ADD),
    Route("GET", "/webhook-endpoints", fetch_endpoints, _READ_WEBHOOKS, endpoints.LIST),
    Route("GET", _ENDPOINT, fetch_endpoint, _READ_WEBHOOKS, endpoints.FETCH),
    Route("PATCH", _ENDPOINT, change_endpoint, _WRITE_WEBHOOKS, endpoints.CHANGE),
    Route("POST", f"{_ENDPOINT}/rotate-secret", rotate_secret, _WRITE_WEBHOOKS, endpoints.ROTATE),
    Route("DELETE", _ENDPOINT, delete_endpoint, _WRITE_WEBHOOKS, endpoints.DELETE),
    Route("GET", "/webhook-deliveries", fetch_deliveries, _READ_WEBHOOKS, deliveries.LIST),
    Route("GET", _DELIVERY, fetch_delivery, _READ_WEBHOOKS, deliveries.FETCH),
    Route("POST", f"{_DELIVERY}/redeliver", redeliver, _WRITE_WEBHOOKS, deliveries.REDELIVER),
    Route("GET", "/health/live", live, None, LIVE),
    Route("GET", "/health/ready", ready, None, READY),
    Route("GET", "/metrics", scrape, None, SCRAPE),
    Route("GET", "/problems/<code>", explain, None, EXPLAIN),
    Route("GET", "/openapi.json", openapi, None, OPENAPI),
    Route("GET", "/asyncapi.json", asyncapi, None, ASYNCAPI),
    Route("GET", "/docs", show, None, PAGE_SHOWN),
    Route("GET", "/docs/<name>", show, None, FILE_SHOWN),
)
# Where the metrics have an address of their own: what is served there, and what is served elsewhere then.
METRICS_AND_HEALTH = tuple(route for route in ROUTES if route.path.startswith(("/metrics", "/health/")))
WITHOUT_METRICS = tuple(route for route in ROUTES if route.path != "/metrics")
