"""Routes, ledger and look-up of the real program."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import PayBody, Simulator


def test_a_booking_in_the_ledger_tells_all_but_the_card(simulator: Simulator, pay_body: PayBody) -> None:
    answer = simulator.pay("full", pay_body()).json()
    simulator.pay("full", pay_body())
    [booking] = simulator.bookings("full")
    assert datetime.fromisoformat(booking.pop("booked_at")).utcoffset() == timedelta()
    assert booking.pop("booking") >= 1
    assert booking == {
        "kind": "payment",
        "reference": "full",
        "last_four": "4242",
        "currency": "EUR",
        "amount": 1050,
        "captured_amount": 1050,
        "reversed": False,
        "net_amount": 1050,
        "authorized": True,
        "authorization_code": answer["authorization_code"],
        "decline_code": None,
        "submissions": 2,
    }
    assert "4242424242424242" not in simulator.client.get("/ledger").text


def test_an_authorization_alone_captures_nothing(simulator: Simulator, pay_body: PayBody) -> None:
    simulator.pay("authorized", pay_body(capture=False))
    [booking] = simulator.bookings("authorized")
    assert (booking["authorized"], booking["captured_amount"]) == (True, 0)


def test_the_ledger_is_read_in_pages(simulator: Simulator, pay_body: PayBody) -> None:
    for number in range(3):
        simulator.pay(f"page-{number}", pay_body())
    every = simulator.client.get("/ledger").json()
    assert every["count"] == len(every["bookings"])
    assert [booking["booking"] for booking in every["bookings"]] == list(range(1, every["count"] + 1))
    page = simulator.client.get("/ledger", params={"after": every["count"] - 2, "limit": 1}).json()
    assert every["bookings"][-2:-1] == page["bookings"]
    assert every["count"] == page["count"]


@pytest.mark.parametrize(("query", "name"), [("after=x", "after"), ("limit=-1", "limit"), ("page=2", "page")])
def test_a_wrong_parameter_of_the_ledger_is_named(query: str, name: str, simulator: Simulator) -> None:
    answer = simulator.client.get(f"/ledger?{query}")
    assert answer.status_code == 400
    assert answer.json()["error_message"].startswith(f"{name}: ")


def test_a_look_up_gives_the_answer_again_byte_for_byte(simulator: Simulator, pay_body: PayBody) -> None:
    reference = "looked/up?100%"
    paid = simulator.pay(reference, pay_body())
    assert paid.content == simulator.client.get("/payments/looked%2Fup%3F100%25").content
    assert paid.content == simulator.pay(reference, pay_body()).content


def test_a_look_up_of_an_unknown_reference_is_exactly_found_false(simulator: Simulator) -> None:
    answer = simulator.client.get("/payments/never-seen")
    assert (answer.status_code, answer.json()) == (404, {"found": False})


def test_a_reference_with_another_body_is_400(simulator: Simulator, pay_body: PayBody) -> None:
    simulator.pay("reused", pay_body())
    answer = simulator.pay("reused", pay_body(amount=1051))
    expected = {"error_message": "Idempotency-Key: was used before for another request"}
    assert (400, expected) == (answer.status_code, answer.json())


def test_a_payment_without_a_reference_is_taken(simulator: Simulator, pay_body: PayBody) -> None:
    answer = simulator.pay(None, pay_body())
    assert answer.status_code == 200
    assert set(answer.json()) == {"authorized", "authorization_code"}


@pytest.mark.parametrize("key", ["", "with space", "x" * 256])
def test_a_wrong_reference_is_400(key: str, simulator: Simulator, pay_body: PayBody) -> None:
    answer = simulator.pay(key, pay_body())
    assert answer.status_code == 400
    assert answer.json()["error_message"].startswith("Idempotency-Key: must be ")


def test_a_reference_given_twice_is_400(simulator: Simulator, pay_body: PayBody) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = simulator.client.post("/payments", json=pay_body(), headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"error_message": "Idempotency-Key: is given twice"})


def test_a_malformed_body_is_400_and_not_booked(simulator: Simulator, pay_body: PayBody) -> None:
    answer = simulator.pay("malformed", pay_body(amount=10.5))
    expected = {"error_message": "amount: must be an integer of minor units"}
    assert (400, expected) == (answer.status_code, answer.json())
    assert simulator.bookings("malformed") == []
    assert simulator.client.get("/payments/malformed").json() == {"found": False}


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/payments", "POST"),
        ("DELETE", "/payments/a", "GET"),
        ("POST", "/ledger", "GET"),
        ("GET", "/payments/a/reversals", "POST"),
        ("GET", "/payments/a/captures", "POST"),
        ("PUT", "/payments/a/voids", "POST"),
        ("DELETE", "/payments/a/refunds", "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    method: str, path: str, allow: str, simulator: Simulator
) -> None:
    answer = simulator.client.request(method, path)
    assert (405, allow) == (answer.status_code, answer.headers["allow"])
    assert answer.json() == {"error_message": f"{path} allows {allow} only"}


@pytest.mark.parametrize(
    "path", ["/", "/payments/", "/payments//captures", "/payments/a/capture", "/refunds"]
)
def test_an_unknown_route_is_told_the_known_ones(path: str, simulator: Simulator) -> None:
    answer = simulator.client.post(path)
    assert answer.status_code == 404
    assert answer.json()["error_message"] == (
        f"no route {path}; there are POST /payments, GET /payments/{{reference}}, "
        "POST /payments/{reference}/reversals, POST /payments/{reference}/captures, "
        "POST /payments/{reference}/voids, POST /payments/{reference}/refunds, GET /ledger"
    )
