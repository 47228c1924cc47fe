"""The checker of answers: each kind of wrong answer is told."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.described import assert_described, description
from tests.end_to_end.programs import order

JOB = description().document["paths"]["/jobs/{jobId}"]["get"]["responses"]["200"]["content"][
    "application/json"
]
OPEN, COMPLETED, FAILED = (JOB["examples"][name]["value"] for name in ("Created", "Approved", "Failed"))
JSON, PROBLEM = {"content-type": "application/json"}, {"content-type": "application/problem+json"}
ID = {"x-request-id": "req.1"}


def problem(of: str, status: int, **changes: Any) -> dict[str, Any]:
    examples: dict[str, Any] = {}
    for answer in description().document["paths"]["/jobs/{jobId}"]["get"]["responses"].values():
        examples |= answer["content"].get("application/problem+json", {}).get("examples", {})
    return dict(examples[of]["value"]) | {"status": status} | changes


def faults(
    method: str, path: str, status: int, headers: dict[str, str], body: object, *, upgrade: bool = False
) -> list[str]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return description().faults(method, path, status, headers.items(), content, upgrade=upgrade)


@pytest.mark.parametrize(
    ("method", "path", "status", "headers", "body"),
    [
        ("GET", "/jobs/job_1", 200, JSON | ID, OPEN),
        ("GET", "/jobs/job_1/", 200, JSON | ID | {"retry-after": "1"}, OPEN),
        ("GET", "/jobs/job_1", 200, JSON | ID | {"preference-applied": "wait=30"}, COMPLETED),
        ("HEAD", "/jobs/job_1", 200, JSON | ID | {"content-length": "9"}, b""),
        ("GET", "/jobs/job_1", 404, PROBLEM | ID, problem("UnknownJob", 404)),
        ("GET", "/jobs/job_1", 503, PROBLEM | ID | {"retry-after": "1"}, problem("StorageUnavailable", 503)),
        ("GET", "/openapi.json", 304, ID | {"etag": '"0f"', "cache-control": "no-cache"}, b""),
    ],
)
def test_a_right_answer_has_no_fault(
    method: str, path: str, status: int, headers: dict[str, str], body: object
) -> None:
    assert [] == faults(method, path, status, headers, body)


WRONG: dict[str, tuple[str, str, int, dict[str, str], object, str]] = {
    "status": ("GET", "/jobs/job_1", 418, JSON | ID, OPEN, "418 is not described"),
    "status of another route": (
        "GET",
        "/health/live",
        404,
        PROBLEM | ID,
        problem("UnknownJob", 404),
        "404 is",
    ),
    "no id": ("GET", "/jobs/job_1", 200, JSON, OPEN, "the header x-request-id is missing"),
    "bad id": ("GET", "/jobs/job_1", 200, JSON | {"x-request-id": "a b"}, OPEN, "the header x-request-id: "),
    "header": ("GET", "/jobs/job_1", 200, JSON | ID | {"server": "x"}, OPEN, "the header server is not"),
    "header's value": (
        *("GET", "/jobs/job_1", 200, JSON | ID | {"preference-applied": "wait=31"}),
        *(OPEN, "the header preference-applied: "),
    ),
    "no Retry-After": (
        *("GET", "/jobs/job_1", 503, PROBLEM | ID),
        *(problem("StorageUnavailable", 503), "the header retry-after is missing"),
    ),
    "media type": (
        "GET",
        "/jobs/job_1",
        200,
        ID | {"content-type": "text/html"},
        OPEN,
        "the media type text/html",
    ),
    "no media type": ("GET", "/jobs/job_1", 200, ID, OPEN, "the media type  is not described"),
    "no JSON": ("GET", "/jobs/job_1", 200, JSON | ID, b"{", "the body is not JSON"),
    "member": ("GET", "/jobs/job_1", 200, JSON | ID, OPEN | {"cvv": "123"}, "$: Additional properties"),
    "no member": ("GET", "/jobs/job_1", 200, JSON | ID, {**OPEN, "jobId": None}, "$.jobId: "),
    "enumeration": ("GET", "/jobs/job_1", 200, JSON | ID, OPEN | {"status": "Done"}, "$.status: "),
    "completed without entity": (
        *("GET", "/jobs/job_1", 200, JSON | ID),
        *({name: COMPLETED[name] for name in COMPLETED if name != "entityId"}, "$: 'entityId' is a required"),
    ),
    "open with entity": (
        *("GET", "/jobs/job_1", 200, JSON | ID),
        *(OPEN | {"entityId": OPEN["paymentId"]}, "$: False schema does not allow"),
    ),
    "failed without error": (
        *("GET", "/jobs/job_1", 200, JSON | ID),
        *({name: FAILED[name] for name in FAILED if name != "error"}, "$: 'error' is a required"),
    ),
    "code of another route": (
        "GET",
        "/jobs/job_1",
        404,
        PROBLEM | ID,
        problem("UnknownJob", 404, code="X"),
        "$.code",
    ),
    "status within": ("GET", "/jobs/job_1", 404, PROBLEM | ID, problem("UnknownJob", 400), "$.status"),
    "errors of none": (
        "GET",
        "/jobs/job_1",
        404,
        PROBLEM | ID,
        problem("UnknownJob", 404, errors=[]),
        "$: Addit",
    ),
    "body of none": (
        *("GET", "/openapi.json", 304, ID | {"etag": '"0f"', "cache-control": "no-cache"}),
        *(b"x", "a body of 1 bytes is not described"),
    ),
    "unknown route": ("GET", "/nowhere", 200, JSON | ID, OPEN, "200 is not described"),
    "method": ("DELETE", "/jobs/job_1", 200, JSON | ID, OPEN, "200 is not described"),
    "no Allow": (
        *("DELETE", "/jobs/job_1", 405, PROBLEM | ID),
        *(problem("UnknownJob", 405, code="MethodNotAllowed"), "the header allow is missing"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_told(name: str) -> None:
    *answer, told = WRONG[name]
    found = faults(*answer)  # type: ignore[arg-type]
    assert [one for one in found if one.startswith(told)], found


def test_a_websocket_where_there_is_none_is_no_route() -> None:
    assert ["404 is not described"] == faults("GET", "/health/live", 404, PROBLEM | ID, {})
    expected = problem("UnknownJob", 404, code="UnknownRoute", type="/problems/UnknownRoute")
    expected |= {"title": "There is no such route"}
    assert [] == faults("GET", "/health/live", 404, PROBLEM | ID, expected, upgrade=True)


def client_of(answer: httpx.Response) -> httpx.Client:
    transport = httpx.MockTransport(lambda _request: answer)
    return httpx.Client(
        transport=transport, event_hooks={"response": [assert_described]}, base_url="http://x"
    )


def test_a_client_with_the_hook_fails_at_a_wrong_answer() -> None:
    with client_of(httpx.Response(200, json=OPEN, headers=ID)) as client:
        assert 200 == client.get("/jobs/job_1").status_code
    wrong = httpx.Response(200, json=OPEN | {"cvv": "123"}, headers=ID)
    with client_of(wrong) as client, pytest.raises(AssertionError, match="GET /jobs/job_1 was answered 200"):
        client.get("/jobs/job_1")


def test_a_client_with_the_hook_fails_where_what_was_accepted_is_forbidden() -> None:
    headers = ID | {"location": "/jobs/job_1"}
    with client_of(httpx.Response(202, json=OPEN, headers=headers)) as client:
        assert 202 == client.post("/payments", json=order()).status_code
        with pytest.raises(AssertionError, match="forbids it"):
            client.post("/payments", json=order(amuont=1))
