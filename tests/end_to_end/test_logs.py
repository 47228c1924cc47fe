"""What the gateway says: enough to follow a request, and never a card."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.described import assert_described
from tests.end_to_end.programs import KEY, order
from tests.end_to_end.streams import frame, listening

if TYPE_CHECKING:
    from tests.end_to_end.programs import Gateway

CANARY, CANARY_CVV = "374918635207773", "7391"
FORMS = (CANARY, "3749 186352 07773", "3749-1863-5207-773", CANARY[:-1])
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "key", "status", "merchant"),
    [
        ("GET", "/health/live", {}, 200, None),
        ("GET", "/jobs/job_x", KEY, 404, "mer_ap_123"),
        ("GET", "/jobs/job_x", {"Authorization": "Bearer x"}, 401, None),
        ("POST", "/nowhere", KEY, 404, None),
        ("PUT", "/payments", KEY, 405, None),
    ],
)
def test_each_request_is_a_line_with_what_is_asked_for_later(
    method: str, path: str, key: dict[str, str], status: int, merchant: str | None, *, gateway: Gateway
) -> None:
    answer = httpx.request(method, f"{gateway.url}{path}?q=1", headers=key)
    assert_described(answer)
    log = gateway.request_log(answer.headers["X-Request-Id"])
    told = {
        name: log[name] for name in ("RequestMethod", "RequestPath", "StatusCode", "MerchantId", "Message")
    }
    assert {
        "RequestMethod": method,
        "RequestPath": path,
        "StatusCode": status,
        "MerchantId": merchant,
        "Message": "Request",
    } == told
    assert isinstance(log["Elapsed"], float)
    assert 0 < log["Elapsed"] < 10_000


async def test_a_card_is_found_nowhere_even_where_bodies_are_logged(gateway: Gateway) -> None:
    answers: list[str] = []

    def send(body: dict[str, Any] | str) -> httpx.Response:
        content = body if isinstance(body, str) else json.dumps(body)
        answer = gateway.client.post("/payments", content=content, headers=JSON)
        answers.append(answer.text)
        return answer

    good = order(CANARY)
    good["card"]["cvv"] = CANARY_CVV
    async with listening(gateway) as stream:
        accepted = send(good)
        job = gateway.settled(accepted)
        answers += [json.dumps(await frame(stream)) for _ in range(3)]
    assert "Approved" == job["paymentStatus"]
    answers.append(gateway.client.get(f"/payments/{job['entityId']}").text)
    card = good["card"]
    refused: list[dict[str, Any] | str] = [
        *(good | {"description": f"card {form}"} for form in FORMS[:3]),
        *(good | {"reference": CANARY}, good | {"metadata": {CANARY: CANARY}}, good | {CANARY: CANARY}),
        *(good | {"card": card | {name: CANARY}} for name in ("cvv", "expiryMonth", "expiryYear", "cvc")),
        *(
            good | {"card": card | {"number": CANARY[:-1]}},
            good | {"card": CANARY},
            good | {"amount": CANARY},
        ),
        *(good | {"currency": CANARY}, good | {"security_code": CANARY_CVV}, good | {"card": [card]}),
        *(json.dumps(good)[:-1], f'{{"{CANARY}":1,"{CANARY}":{CANARY}}}', CANARY),
    ]
    assert [400] * len(refused) == [send(body).status_code for body in refused]
    last = gateway.client.get(f"/payments/{CANARY}", headers={"X-Request-Id": CANARY})
    gateway.request_log(last.headers["X-Request-Id"])
    for form in (*FORMS, CANARY_CVV):
        assert [] == [text for text in answers if form in text]
    assert_not_logged(gateway)
    assert_not_stored(gateway)


def assert_not_logged(gateway: Gateway) -> None:
    logs = [json.loads(line) for line in gateway.lines]
    assert any(log["Message"] == "RequestBody" and log["Body"].get("amount") == "10.50" for log in logs)
    assert any(log["Message"] == "AnswerBody" for log in logs)
    # A time may have the CVV's digits by chance.
    told = [json.dumps(log | {"Timestamp": None, "Elapsed": None}) for log in logs]
    for form in (*FORMS, CANARY_CVV):
        assert [] == [text for text in told if form in text]


def assert_not_stored(gateway: Gateway) -> None:
    assert [("7773",)] == gateway.rows("SELECT card_last_four FROM payments WHERE card_last_four = '7773'")
    files = list(gateway.database.parent.glob("pgw.db*"))
    kept = {"pgw.db", "pgw.db-wal", "pgw.db-shm", "pgw.db.lock", "pgw.db.secret", "pgw.db.control"}
    assert kept == {file.name for file in files}
    # Of many hashes in hex one has the CVV's four digits by chance, and of the timeline's times too.
    secret = gateway.database.with_name("pgw.db.secret").read_text().strip()
    columns = ("digest FROM api_keys", "key FROM idempotency_keys", "fingerprint FROM idempotency_keys")
    hashes = [secret, *(row[0] for column in columns for row in gateway.rows(f"SELECT {column}"))]
    for file in files:
        if file.is_socket():
            continue
        data = re.sub(rb'[0-9a-f]{64,}|"at":[0-9]+', b"", file.read_bytes())
        for one in hashes:
            data = data.replace(one.encode(), b"")
        assert [] == [form for form in (*FORMS, CANARY_CVV) if form.encode() in data]


@pytest.mark.parametrize("path", ["/problems/3749-186352-07773", "/nowhere/374918635207773"])
def test_a_card_number_in_a_path_is_not_repeated(path: str, gateway: Gateway) -> None:
    problem = gateway.client.get(path).json()
    assert ("UnknownRoute", 404) == (problem["code"], problem["status"])
    assert problem["instance"].endswith("/[redacted]")
