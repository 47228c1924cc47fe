"""What every request meets: its id, its route, and whether the gateway is well."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.programs import Gateway


def test_it_is_live_and_ready_without_a_key(gateway: Gateway) -> None:
    for state in ("live", "ready"):
        answer = gateway.client.get(f"/health/{state}", headers={"Authorization": ""})
        assert (200, {"status": state}) == (answer.status_code, answer.json())


def test_a_trailing_slash_is_the_same_route(gateway: Gateway) -> None:
    accepted = gateway.client.post("/payments/", json={})
    assert 400 == accepted.status_code
    job = gateway.settled(gateway.pay())
    for path in (f"/jobs/{job['jobId']}", f"/payments/{job['entityId']}", "/health/live"):
        assert gateway.client.get(path).json() == gateway.client.get(f"{path}/").json()


def test_a_sane_request_id_is_kept_with_the_payment_too(gateway: Gateway) -> None:
    answer = gateway.client.post(
        "/payments",
        content=gateway.pay().request.content,
        headers={"X-Request-Id": "shop.17_a~b"} | {"Content-Type": "application/json"},
    )
    assert (202, "shop.17_a~b") == (answer.status_code, answer.headers["X-Request-Id"])
    kept = gateway.rows("SELECT request_id FROM jobs WHERE id = ?", answer.json()["jobId"])
    assert [("shop.17_a~b",)] == kept


@pytest.mark.parametrize(
    "given", ["", "a b", "a\tb", "x" * 129, "<script>", "4242424242424242", "4242-4242-4242-4242"]
)
def test_a_request_id_that_is_not_sane_or_like_a_card_is_replaced(given: str, gateway: Gateway) -> None:
    answer = gateway.client.get("/health/live", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"].startswith("req_")


def test_a_request_waits_for_the_next_change_and_no_longer(gateway: Gateway) -> None:
    accepted = gateway.pay("4000009900000012")
    began = time.monotonic()
    answer = gateway.client.get(accepted.headers["Location"], headers={"Prefer": "wait=20"})
    assert ("Completed", "wait=20") == (answer.json()["status"], answer.headers["Preference-Applied"])
    assert "Retry-After" not in answer.headers
    assert time.monotonic() - began < 5


def test_a_request_waits_no_longer_than_it_asked_to(gateway: Gateway) -> None:
    accepted = gateway.pay("4000009900000020")
    began = time.monotonic()
    answer = gateway.client.get(accepted.headers["Location"], headers={"Prefer": "wait=1"})
    assert ("Created", "Created") == (answer.json()["status"], answer.json()["paymentStatus"])
    assert ("1", "wait=1") == (answer.headers["Retry-After"], answer.headers["Preference-Applied"])
    assert 1 <= time.monotonic() - began < 1.5
    # The bank hangs up without an answer, and what it did is not known.
    assert "Unknown" == gateway.settled(accepted)["paymentStatus"]
