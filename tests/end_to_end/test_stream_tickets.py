"""A browser's way to a stream: a ticket from `POST /stream-tickets`, shown once in the query."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trio

from tests.described import assert_described
from tests.end_to_end.commands import pgw
from tests.end_to_end.programs import KEY, OTHER_KEY, Gateway, order
from tests.end_to_end.streams import UPGRADE, closed_because, frame, listening

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.commands import Ended
    from tests.end_to_end.conftest import StartGateway

NOBODY: dict[str, str] = {}
SPELLED = re.compile("pgw_st_[a-p]{64}")


def issued(gateway: Gateway, headers: dict[str, str] = KEY) -> str:
    answer = gateway.client.post("/stream-tickets", headers=headers)
    assert 201 == answer.status_code
    ticket: str = answer.json()["ticket"]
    return ticket


def refused(gateway: Gateway, path: str, headers: dict[str, str] = NOBODY) -> httpx.Response:
    """Try a handshake that is answered with no upgrade."""
    answer = httpx.get(gateway.url + path, headers=UPGRADE | headers)
    assert_described(answer)
    return answer


@pytest.mark.parametrize("body", [None, {}])
def test_a_ticket_is_told_with_its_end_and_is_kept_by_no_cache(
    body: dict[str, Any] | None, gateway: Gateway
) -> None:
    began = datetime.now(UTC)
    answer = gateway.client.post("/stream-tickets", json=body)
    assert (201, "no-store") == (answer.status_code, answer.headers["Cache-Control"])
    assert SPELLED.fullmatch(answer.json()["ticket"])
    lifetime = datetime.fromisoformat(answer.json()["expiresAt"]) - began
    assert 29 < lifetime.total_seconds() < 45


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({}, b'{"merchantId": "x"}', 400, "UnknownParameter"),
        ({}, b"[]", 400, "MalformedRequest"),
        ({}, b"{", 400, "MalformedRequest"),
        ({"Content-Type": "text/plain"}, b"{}", 415, "UnsupportedMediaType"),
        ({"Idempotency-Key": ""}, b"", 400, "InvalidIdempotencyKey"),
        ({"Authorization": "Bearer x"}, b"", 401, "UnauthorizedAccess"),
    ],
)
def test_there_is_no_ticket_for_what_is_no_such_request(
    headers: dict[str, str], content: bytes, status: int, code: str, gateway: Gateway
) -> None:
    sent = {"Content-Type": "application/json"} | headers
    answer = gateway.client.post("/stream-tickets", content=content, headers=sent)
    assert (status, code) == (answer.status_code, answer.json()["code"])


async def test_it_opens_either_stream_of_its_merchant_once(gateway: Gateway) -> None:
    job = gateway.settled(gateway.pay())
    for path in ("/jobs/stream?after=0", f"/jobs/{job['jobId']}/stream?after=0"):
        ticket = issued(gateway)
        async with listening(gateway, f"{path}&ticket={ticket}", NOBODY) as stream:
            assert "stream.ready" == (await frame(stream))["type"]
            assert "job.created" == (await frame(stream))["type"]
        again = refused(gateway, f"{path}&ticket={ticket}")
        assert (401, "UnauthorizedAccess") == (again.status_code, again.json()["code"])
        assert 'Bearer error="invalid_token"' == again.headers["WWW-Authenticate"]
        assert "POST /stream-tickets" in again.json()["detail"]
    ticket = issued(gateway, OTHER_KEY)
    other = refused(gateway, f"/jobs/{job['jobId']}/stream?ticket={ticket}")
    assert (404, "UnknownJob") == (other.status_code, other.json()["code"])


def test_it_is_used_up_by_whatever_handshake_it_is_shown_at(gateway: Gateway) -> None:
    ticket = issued(gateway)
    assert 400 == refused(gateway, f"/jobs/stream?after=x&ticket={ticket}").status_code
    assert 401 == refused(gateway, f"/jobs/stream?ticket={ticket}").status_code
    plain = httpx.get(f"{gateway.url}/jobs/stream", params={"ticket": issued(gateway)})
    assert 426 == plain.status_code


def test_it_is_no_key_for_anything_else(gateway: Gateway) -> None:
    ticket = issued(gateway)
    for headers in (NOBODY, {"Authorization": f"Bearer {ticket}"}):
        answer = httpx.get(f"{gateway.url}/jobs/job_x", params={"ticket": ticket}, headers=headers)
        assert_described(answer)
        assert 401 == answer.status_code


def test_two_ways_at_once_are_refused_and_use_nothing_up(gateway: Gateway) -> None:
    ticket = issued(gateway)
    for query, headers in (
        (f"ticket={ticket}", KEY),
        (f"ticket={ticket}", {"Authorization": "Basic x"}),
        (f"ticket={ticket}&ticket={ticket}", NOBODY),
    ):
        answer = refused(gateway, f"/jobs/stream?{query}", headers)
        assert (400, "InvalidParameter") == (answer.status_code, answer.json()["code"])
        assert "`ticket`" in answer.json()["detail"]
    assert 400 == refused(gateway, f"/jobs/stream?after=x&ticket={ticket}").status_code, "it was still good"


def test_the_same_key_is_answered_the_same_ticket(gateway: Gateway) -> None:
    headers = {"Idempotency-Key": "a ticket of mine"}
    first, second = (gateway.client.post("/stream-tickets", headers=headers) for _ in range(2))
    with_body = gateway.client.post("/stream-tickets", json={}, headers=headers)
    assert first.content == second.content == with_body.content
    assert [None, "true", "true"] == [
        one.headers.get("Idempotent-Replayed") for one in (first, second, with_body)
    ]
    assert "no-store" == second.headers["Cache-Control"]
    other = gateway.client.post("/stream-tickets", json={"x": 1}, headers=headers)
    assert (422, "IdempotencyKeyReused") == (other.status_code, other.json()["code"])
    of_other = gateway.client.post("/stream-tickets", headers=headers | OTHER_KEY)
    assert (201, None) == (of_other.status_code, of_other.headers.get("Idempotent-Replayed"))
    assert first.json() != of_other.json()


def test_a_key_of_a_payment_is_no_key_of_a_ticket(gateway: Gateway) -> None:
    headers = {"Idempotency-Key": "of a payment"}
    accepted = gateway.client.post("/payments", json=order(), headers=headers)
    assert 202 == accepted.status_code
    answer = gateway.client.post("/stream-tickets", headers=headers)
    assert (422, "IdempotencyKeyReused") == (answer.status_code, answer.json()["code"])


def test_a_key_of_a_ticket_is_no_key_of_anything_else(gateway: Gateway) -> None:
    headers = {"Idempotency-Key": "of a ticket"}
    first = gateway.client.post("/stream-tickets", headers=headers)
    endpoint = {"url": "https://hooks.example/of-a-ticket"}
    for path, body in (("/payments", order()), ("/webhook-endpoints", endpoint)):
        answer = gateway.client.post(path, json=body, headers=headers)
        assert (422, "IdempotencyKeyReused") == (answer.status_code, answer.json()["code"])
    assert first.content == gateway.client.post("/stream-tickets", headers=headers).content
    of_other = gateway.client.post("/payments", json=order(), headers=headers | OTHER_KEY)
    assert 202 == of_other.status_code


async def test_a_ticket_is_in_no_log_and_no_answer_but_its_own(gateway: Gateway) -> None:
    """The gateway logs all that it can."""
    ticket = issued(gateway, {"X-Request-Id": "req.ticket"})
    async with listening(gateway, f"/jobs/stream?ticket={ticket}", {"X-Request-Id": "ticket.used"}) as stream:
        await frame(stream)
    told = [
        refused(gateway, f"/jobs/stream?ticket={ticket}", {"X-Request-Id": ticket}),
        refused(gateway, f"/jobs/stream?after={ticket}", KEY),
        refused(gateway, f"/jobs/stream?{ticket}=1", KEY),
        refused(gateway, f"/jobs/{ticket}/stream", KEY),
        gateway.client.get(f"/jobs/{ticket}", headers={"X-Request-Id": "ticket.last"}),
        gateway.client.get("/metrics"),
    ]
    assert [401, 400, 400, 404, 404, 200] == [one.status_code for one in told]
    gateway.request_log("ticket.used")
    gateway.request_log("ticket.last")
    assert not [one for one in told if ticket in one.text + str(one.headers)]
    assert not [line for line in gateway.lines if ticket in line]
    body = json.loads(gateway.wait_for_line("AnswerBody", '"req.ticket"'))["Body"]
    assert '{"ticket":"[redacted]","expiresAt":' == body.partition('"2')[0]


def test_bad_tickets_are_counted_as_failed_authentication(
    tmp_path: Path, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", "http://127.0.0.1:1", "--failed-authentication-limit", "1")
    bad = f"/jobs/stream?ticket=pgw_st_{'a' * 64}"
    statuses = [refused(gateway, bad).status_code for _ in range(40)]
    assert {401, 429} == set(statuses)
    assert 30 <= statuses.count(401) < 40
    assert 426 == httpx.get(f"{gateway.url}/jobs/stream?ticket={issued(gateway)}").status_code


async def test_a_ticket_ends_with_the_key_that_asked_for_it_and_so_does_its_stream(gateway: Gateway) -> None:
    merchant = (await beside("merchants", "add", "Shop", database=gateway.database)).out.strip()
    key = (await beside("keys", "create", merchant, database=gateway.database)).out.strip()
    bearer = {"Authorization": f"Bearer {key}"}
    used, unused = issued(gateway, bearer), issued(gateway, bearer)
    (listed,) = (await beside("keys", "list", merchant, "--json", database=gateway.database)).documents
    async with listening(gateway, f"/jobs/stream?ticket={used}", NOBODY) as stream:
        await frame(stream)
        await beside("keys", "revoke", listed["keyId"], database=gateway.database)
        assert (1008, "The key is not good any more.") == await closed_because(stream)
    assert 401 == refused(gateway, f"/jobs/stream?ticket={unused}").status_code


async def beside(*arguments: str, database: Path) -> Ended:
    return await trio.to_thread.run_sync(partial(pgw, *arguments, database=database))
