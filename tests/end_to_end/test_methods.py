"""Whatever a route does not take is answered as the description says, by us and by no library of ours."""

from __future__ import annotations

from http.client import HTTPConnection

import httpx
import pytest

from pgw.http.routes import ROUTES
from tests.described import assert_described
from tests.end_to_end.programs import KEY, Gateway

PATHS = sorted({route.path.replace("<", "").replace(">", "") for route in ROUTES})
READ = {"GET", "HEAD"}
TAKEN = dict.fromkeys(PATHS, READ) | {
    "/payments": {"GET", "HEAD", "POST"},
    **{f"/payments/payment_id/{operation}": {"POST"} for operation in ("captures", "voids", "refunds")},
    "/stream-tickets": {"POST"},
    "/webhook-endpoints": {"GET", "HEAD", "POST"},
    "/webhook-endpoints/endpoint_id": {"GET", "HEAD", "PATCH", "DELETE"},
    "/webhook-endpoints/endpoint_id/rotate-secret": {"POST"},
    "/webhook-deliveries/delivery_id/redeliver": {"POST"},
}
OTHERS = ("OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PURGE")


@pytest.mark.parametrize("path", PATHS)
def test_any_other_method_is_refused_with_those_that_are_taken(path: str, gateway: Gateway) -> None:
    for method in {"GET", "HEAD", "POST", *OTHERS} - TAKEN[path]:
        answer = gateway.client.request(method, path)
        assert 405 == answer.status_code, method
        assert TAKEN[path] == set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", [path for path in PATHS if "GET" in TAKEN[path]])
def test_head_is_answered_as_get_without_the_body(path: str, gateway: Gateway) -> None:
    headers = {"X-Request-Id": "req.head"}
    got, head = (gateway.client.request(method, path, headers=headers) for method in ("GET", "HEAD"))
    assert (got.status_code, b"") == (head.status_code, head.content)

    def told(answer: httpx.Response) -> dict[str, str]:
        return {name: value for name, value in answer.headers.items() if name != "date"}

    assert told(got) == told(head)


@pytest.mark.parametrize("path", ["/payments/x", "/jobs/x", "/health/live", "/docs", "/nowhere"])
def test_a_websocket_where_there_is_none_is_an_unknown_route(path: str, gateway: Gateway) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers = KEY | upgrade | {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    answer = httpx.get(gateway.url + path, headers=headers)
    assert_described(answer)
    assert (404, "UnknownRoute") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    "path", ["/payments//x", "/docs//page.css", "/docs/../openapi.json", "/docs/%2e%2e/a"]
)
def test_a_path_is_taken_as_it_is_and_leads_nowhere_else(path: str, gateway: Gateway) -> None:
    connection = HTTPConnection(*gateway.address, timeout=20)  # httpx would set the path right
    connection.request("GET", path)
    assert 404 == connection.getresponse().status
    connection.close()
