"""What is refused: one shape for all, and nothing left behind."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.described import assert_described
from tests.end_to_end.programs import KEY, OTHER_KEY, order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.programs import Gateway

JSON = {"Content-Type": "application/json"}
PAY = json.dumps(order()).encode()
LARGE = b" " * 65_536 + PAY

REFUSALS: dict[str, tuple[str, str, dict[str, str], bytes, int, str]] = {
    "no key": ("POST", "/payments", {**JSON, "Authorization": ""}, PAY, 401, "UnauthorizedAccess"),
    "wrong key": ("POST", "/payments", {**JSON, "Authorization": "Bearer x"}, PAY, 401, "UnauthorizedAccess"),
    "basic": ("POST", "/payments", {**JSON, "Authorization": "Basic ap_123"}, PAY, 401, "UnauthorizedAccess"),
    "no scheme": ("POST", "/payments", {**JSON, "Authorization": "ap_123"}, PAY, 401, "UnauthorizedAccess"),
    "job without key": ("GET", "/jobs/job_x", {"Authorization": ""}, b"", 401, "UnauthorizedAccess"),
    "unknown job": ("GET", "/jobs/job_x", {}, b"", 404, "UnknownJob"),
    "unknown payment": ("GET", "/payments/pay_x", {}, b"", 404, "UnknownPayment"),
    "unknown route": ("POST", "/payment", JSON, PAY, 404, "UnknownRoute"),
    "unknown problem": ("GET", "/problems/Nope", {}, b"", 404, "UnknownRoute"),
    "wrong method": ("DELETE", "/payments", {}, b"", 405, "MethodNotAllowed"),
    "not acceptable": ("POST", "/payments", {**JSON, "Accept": "text/html"}, PAY, 406, "NotAcceptable"),
    "too large": ("POST", "/payments", JSON, LARGE, 413, "RequestTooLarge"),
    "form": (
        *("POST", "/payments", {"Content-Type": "application/x-www-form-urlencoded"}),
        *(b"amount=1", 415, "UnsupportedMediaType"),
    ),
    "gzip": (
        *("POST", "/payments", {**JSON, "Content-Encoding": "gzip"}),
        *(gzip.compress(PAY), 415, "UnsupportedMediaType"),
    ),
    "no media type": ("POST", "/payments", {}, PAY, 415, "UnsupportedMediaType"),
    "no upgrade": ("GET", "/jobs/stream", {}, b"", 426, "UpgradeRequired"),
    "no upgrade of one": ("GET", "/jobs/job_x/stream", {}, b"", 426, "UpgradeRequired"),
    "no JSON": ("POST", "/payments", JSON, b"{", 400, "MalformedRequest"),
    "no body": ("POST", "/payments", JSON, b"", 400, "MalformedRequest"),
    "nothing in it": ("POST", "/payments", JSON, b"{}", 400, "MissingRequiredParameter"),
    "unknown member": (
        *("POST", "/payments", JSON, json.dumps(order(amuont=1)).encode()),
        *(400, "UnknownParameter"),
    ),
    "bad card": (
        "POST",
        "/payments",
        JSON,
        json.dumps(order("4242424242424241")).encode(),
        400,
        "InvalidCardNumber",
    ),
}


@pytest.fixture
def _nothing_left_behind(gateway: Gateway) -> Iterator[None]:
    """Hold that the database has the same rows after the test as before."""

    def counts() -> list[Any]:
        tables = ("merchants", "api_keys", "payments", "jobs", "attempts", "events")
        return [gateway.rows(f"SELECT count(*) FROM {table}") for table in tables]

    before = counts()
    yield
    assert before == counts()


def refused(answer: httpx.Response) -> dict[str, Any]:
    """Return a problem that is in the one shape."""
    assert "application/problem+json" == answer.headers["Content-Type"]
    problem: dict[str, Any] = answer.json()
    members = {"type", "title", "status", "detail", "instance", "code", "requestId", "date"}
    assert members == problem.keys() - {"errors"}
    assert (answer.status_code, answer.request.url.path) == (problem["status"], problem["instance"])
    assert (f"/problems/{problem['code']}", answer.headers["X-Request-Id"]) == (
        problem["type"],
        problem["requestId"],
    )
    assert datetime.fromisoformat(problem["date"]).utcoffset() is not None
    return problem


@pytest.mark.usefixtures("_nothing_left_behind")
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_has_the_one_shape_is_explained_and_leaves_nothing_behind(
    name: str, gateway: Gateway
) -> None:
    method, path, headers, content, status, code = REFUSALS[name]
    answer = gateway.client.request(method, path, headers=headers, content=content)
    problem = refused(answer)
    assert (status, code) == (answer.status_code, problem["code"])
    is_wrong = 'Bearer error="invalid_token"' if name == "wrong key" else "Bearer"
    assert (is_wrong if status == 401 else None) == answer.headers.get("WWW-Authenticate")
    for error in problem.get("errors", ()):
        assert {"code", "pointer", "detail"} == error.keys()
    explained = gateway.client.get(problem["type"], headers={"Authorization": ""})
    assert (200, code, status) == (
        explained.status_code,
        explained.json()["code"],
        explained.json()["status"],
    )


def test_a_wrong_method_is_told_the_right_ones(gateway: Gateway) -> None:
    assert "POST" in gateway.client.put("/payments").headers["Allow"].split(", ")
    for path in ("/health/live", "/jobs/stream"):
        assert "GET" in gateway.client.post(path).headers["Allow"].split(", ")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_is_taken_in_any_case(scheme: str, gateway: Gateway) -> None:
    answer = gateway.client.get("/jobs/job_x", headers={"Authorization": f"{scheme} ap_123"})
    assert "UnknownJob" == refused(answer)["code"]


@pytest.mark.usefixtures("_nothing_left_behind")
def test_a_chunked_body_over_the_limit_is_refused_too(gateway: Gateway) -> None:
    answer = gateway.client.post("/payments", headers=JSON, content=iter([b" " * 1000] * 100))
    assert (413, "RequestTooLarge") == (answer.status_code, refused(answer)["code"])


def test_another_merchants_resource_is_as_one_that_does_not_exist(gateway: Gateway) -> None:
    job = gateway.settled(gateway.pay())
    theirs, nobodys = [], []
    for path, unknown in (
        (f"/jobs/{job['jobId']}", "/jobs/x"),
        (f"/payments/{job['entityId']}", "/payments/x"),
    ):
        theirs.append(httpx.get(gateway.url + path, headers=OTHER_KEY))
        nobodys.append(httpx.get(gateway.url + unknown, headers=OTHER_KEY))
        assert_described(theirs[-1])
        assert_described(nobodys[-1])
        assert 200 == httpx.get(gateway.url + path, headers=KEY).status_code

    def alike(answers: list[httpx.Response]) -> list[dict[str, Any]]:
        apart = {"instance", "requestId", "date"}
        return [{name: value for name, value in refused(one).items() if name not in apart} for one in answers]

    assert alike(nobodys) == alike(theirs)
    assert [404, 404] == [answer.status_code for answer in theirs]
    assert [set(answer.headers) for answer in nobodys] == [set(answer.headers) for answer in theirs]
