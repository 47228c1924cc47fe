"""The limits of a real gateway: 5 requests a second of a merchant, 10 at once."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.end_to_end.programs import KEY, OTHER_KEY, Gateway, order
from tests.end_to_end.sockets import connected, heard
from tests.end_to_end.streams import UPGRADE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.end_to_end.programs import Simulator

RATE, BURST = 5, 10
FAILURES = 30


@pytest.fixture(scope="module")
def limited(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    database = tmp_path_factory.mktemp("limited") / "pgw.db"
    running = Gateway(
        database, simulator.url, "--rate-limit", str(RATE), "--failed-authentication-limit", "1"
    )
    yield running
    running.end()


def until_refused(ask: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Ask without a pause, and return the answers, of which the last one alone is a refusal for the limit."""
    answers = [ask(0)]
    while answers[-1].status_code != 429:
        assert len(answers) < 1000, "never refused"
        answers.append(ask(len(answers)))
    return answers


def reads_until_refused(gateway: Gateway) -> list[httpx.Response]:
    return until_refused(lambda _: gateway.client.get("/jobs/job_x"))


def test_the_burst_passes_and_what_comes_after_it_is_refused(limited: Gateway) -> None:
    time.sleep(BURST / RATE)
    began = time.monotonic()
    answers = reads_until_refused(limited)
    assert BURST <= len(answers) - 1 <= BURST + RATE * (time.monotonic() - began)
    assert '"default";r=9;t=1' == answers[0].headers["RateLimit"]
    for answer in answers:
        assert f'"default";q={BURST};w=2' == answer.headers["RateLimit-Policy"]


def test_the_refusal_is_the_drafts_problem_and_is_explained(limited: Gateway) -> None:
    refused = reads_until_refused(limited)[-1]
    assert ('"default";r=0;t=1', "1") == (refused.headers["RateLimit"], refused.headers["Retry-After"])
    assert "application/problem+json" == refused.headers["Content-Type"]
    problem: dict[str, Any] = refused.json()
    assert "https://iana.org/assignments/http-problem-types#quota-exceeded" == problem["type"]
    assert (["default"], 429, "RateLimited") == (
        *(problem["violated-policies"], problem["status"]),
        problem["code"],
    )
    assert refused.headers["X-Request-Id"] == problem["requestId"]
    assert "mer_ap_123" == limited.request_log(problem["requestId"])["MerchantId"]
    explained = limited.client.get("/problems/RateLimited", headers={"Authorization": ""})
    assert (200, 429) == (explained.status_code, explained.json()["status"])


def test_after_the_time_that_is_said_requests_pass_again(limited: Gateway) -> None:
    time.sleep(int(reads_until_refused(limited)[-1].headers["Retry-After"]))
    assert 404 == limited.client.get("/jobs/job_x").status_code


def test_neither_another_merchant_nor_what_needs_no_key_is_concerned(limited: Gateway) -> None:
    reads_until_refused(limited)
    theirs = httpx.get(f"{limited.url}/jobs/job_x", headers=OTHER_KEY)
    assert (404, '"default";r=9;t=1') == (theirs.status_code, theirs.headers["RateLimit"])
    answers = [httpx.get(f"{limited.url}/health/live") for _ in range(BURST * 2)]
    assert {200} == {answer.status_code for answer in answers}
    assert not any("RateLimit" in answer.headers for answer in answers)


def test_a_refused_payment_leaves_nothing_behind_and_its_key_pays_afterwards(limited: Gateway) -> None:
    def pay(number: int) -> httpx.Response:
        key = {"Idempotency-Key": f"order-{number}"}
        return limited.client.post("/payments", json=order(), headers=key)

    def rows() -> list[Any]:
        tables = ("payments", "jobs", "attempts", "idempotency_keys")
        return [limited.rows(f"SELECT count(*) FROM {table}") for table in tables]

    *accepted, refused = until_refused(pay)
    assert [[(len(accepted),)]] * 4 == rows()
    assert {202} == {answer.status_code for answer in accepted}
    time.sleep(int(refused.headers["Retry-After"]))
    first, again = pay(len(accepted)), pay(len(accepted))
    assert (202, None) == (first.status_code, first.headers.get("Idempotent-Replayed"))
    assert (202, "true") == (again.status_code, again.headers["Idempotent-Replayed"])
    assert first.content == again.content
    assert [[(len(accepted) + 1,)]] * 4 == rows()


def test_an_upgrade_is_counted_and_told_the_quota(limited: Gateway) -> None:
    lines = [f"{name}: {value}" for name, value in (UPGRADE | OTHER_KEY | {"Host": "x"}).items()]
    with connected(limited) as connection:
        connection.sendall("\r\n".join(["GET /jobs/stream HTTP/1.1", *lines, "", ""]).encode())
        head = heard(connection, b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert re.search(rb'\r\nratelimit: "default";r=[0-9];t=1\r\n', head)


def test_a_stream_over_the_limit_is_refused_before_the_upgrade(limited: Gateway) -> None:
    path = "/jobs/job_x/stream"
    *before, refused = until_refused(lambda _: httpx.get(limited.url + path, headers=UPGRADE | KEY))
    assert {404} == {answer.status_code for answer in before}
    assert ("1", "RateLimited") == (refused.headers["Retry-After"], refused.json()["code"])


def test_who_has_no_key_is_refused_in_time_and_who_has_one_is_not(limited: Gateway) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    *before, refused = until_refused(lambda _: httpx.get(f"{limited.url}/jobs/job_x", headers=wrong))
    assert (True, {401}) == (len(before) >= FAILURES, {answer.status_code for answer in before})
    assert ["failed-authentication"] == refused.json()["violated-policies"]
    assert "WWW-Authenticate" not in refused.headers
    assert 404 == httpx.get(f"{limited.url}/jobs/job_x", headers=OTHER_KEY).status_code
