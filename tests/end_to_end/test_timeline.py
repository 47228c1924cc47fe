"""`GET /payments/{id}/events`: why a payment is as it is, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.end_to_end.commands import ANSWER_LOST, pgw
from tests.end_to_end.hooks import add
from tests.end_to_end.programs import OTHER_KEY, eventually, order

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway

DECLINED = "4000000000000002"
OF_ALL = {"number", "type", "at", "by", "jobId"}


def told(gateway: Gateway, payment_id: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = gateway.client.get(f"/payments/{payment_id}/events").json()["data"]
    return data


def facts_of(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in OF_ALL}


def test_a_payment_whose_answer_was_lost_tells_how_it_came_to_be_known(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--inquiry-first", "0.05")
    accepted = gateway.client.post("/payments", json=order(ANSWER_LOST), headers={"X-Request-Id": "req.lost"})
    payment_id = accepted.json()["paymentId"]
    eventually(lambda: gateway.client.get(f"/payments/{payment_id}").json()["status"] == "Approved")
    entries = told(gateway, payment_id)
    assert [
        ("requested", "merchant"),
        ("submitted", "bank"),
        ("lookedUp", "bank"),
    ] == [(one["type"], one["by"]) for one in entries]
    assert [1, 2, 3] == [one["number"] for one in entries]
    assert {accepted.json()["jobId"]} == {one["jobId"] for one in entries}
    assert sorted(one["at"] for one in entries) == [one["at"] for one in entries]
    requested, submitted, looked_up = map(facts_of, entries)
    asked = {"operation": "payment", "requestId": "req.lost", "amount": 10.5, "currency": "EUR"}
    of_bank = {"bankReference": gateway.reference_of(accepted.json())}
    assert asked | of_bank | {"jobStatus": "Created", "paymentStatus": "Created"} == requested
    assert '"amount":10.50' in gateway.client.get(f"/payments/{payment_id}/events?limit=1").text
    assert {"answer": "noCleanAnswer", "attempt": 1, "paymentStatus": "Unknown"}.items() <= submitted.items()
    outcome = {"answer": "authorized", "jobStatus": "Completed", "paymentStatus": "Approved"}
    assert (of_bank | outcome).items() <= looked_up.items()
    assert "detail" not in str(entries), "the words of the bank's connection are the gateway's own"


def test_what_a_person_noted_is_not_the_merchants_to_read(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--bank-features", "pay")
    job = gateway.settled(gateway.pay(ANSWER_LOST))
    reason = "the bank's clerk said so"
    assert 0 == gateway.end()
    settle = ("settle", job["jobId"], "succeeded", "--reason", reason)
    assert 0 == pgw(*settle, database=gateway.database).exit_code
    gateway = start_gateway(gateway.database, "http://127.0.0.1:9")
    *_, settled = told(gateway, job["paymentId"])
    assert ("settled", "operator", "Approved") == (settled["type"], settled["by"], settled["paymentStatus"])
    assert reason not in str(settled)
    assert 0 == pgw("audit", "verify", database=gateway.database).exit_code


def test_a_decline_and_the_tries_to_tell_it_are_in_it(gateway: Gateway) -> None:
    endpoint_id = add(gateway.client).json()["endpointId"]
    job = gateway.settled(gateway.pay(DECLINED))
    tries: list[dict[str, Any]] = []

    def is_told() -> bool:
        tries[:] = [one for one in told(gateway, job["paymentId"]) if one["type"] == "webhookTried"]
        return bool(tries)

    eventually(is_told)
    (declined,) = [one for one in told(gateway, job["paymentId"]) if one["type"] == "submitted"]
    assert ("declined", "Declined") == (declined["answer"], declined["paymentStatus"])
    assert (
        gateway.client.get(f"/payments/{job['paymentId']}").json()["declineCode"] == declined["declineCode"]
    )
    assert (endpoint_id, 1, "gateway") == (tries[0]["endpointId"], tries[0]["try"], tries[0]["by"])
    delivery = gateway.client.get(f"/webhook-deliveries/{tries[0]['deliveryId']}").json()
    assert delivery["tries"][0]["error"] == tries[0]["error"]
    assert 204 == gateway.client.delete(f"/webhook-endpoints/{endpoint_id}").status_code


def test_it_is_read_by_pages_and_by_its_merchant(gateway: Gateway) -> None:
    payment_id = gateway.settled(gateway.pay())["paymentId"]
    path = f"/payments/{payment_id}/events"
    whole = gateway.client.get(path).json()
    assert (["data"], 2) == (list(whole), len(whole["data"]))
    paged: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = gateway.client.get(path, params={"limit": "1"} | cursor).json()
        paged += page["data"]
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert whole["data"] == paged
    for refused in (
        gateway.client.get(path, headers=OTHER_KEY),
        gateway.client.get("/payments/pay_x/events"),
    ):
        assert (404, "UnknownPayment") == (refused.status_code, refused.json()["code"])


def test_a_wrong_query_is_told_all_at_once(gateway: Gateway) -> None:
    path = f"/payments/{gateway.pay().json()['paymentId']}/events"
    for query in ("limit=0", "limit=101", "limit=x", "cursor=0", "cursor=x", "cursor=1&cursor=2", "cursor="):
        refused = gateway.client.get(f"{path}?{query}")
        assert (400, "InvalidParameter") == (refused.status_code, refused.json()["code"]), query
    codes = [one["code"] for one in gateway.client.get(f"{path}?limit=0&cursor=x&order=a").json()["errors"]]
    assert ["InvalidParameter", "InvalidParameter", "UnknownParameter"] == sorted(codes)
