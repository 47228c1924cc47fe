"""Captures, voids and refunds of the real program, as the wire and the ledger tell them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import PayBody, Simulator


def test_each_operation_is_answered_booked_and_looked_up(simulator: Simulator, pay_body: PayBody) -> None:
    simulator.pay("life", pay_body(capture=False))
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("captures", "life-1", {"amount": 700, "final": True}),
        ("refunds", "life-2", {"amount": 300}),
        ("voids", "life-3", {}),
        ("refunds", "life-4", {}),
    ]
    answers = [simulator.operate("life", name, reference, **body) for name, reference, body in asked]
    expected: list[dict[str, Any]] = [
        {"accepted": True, "reference": "life-1"},
        {"accepted": True, "reference": "life-2"},
        {"accepted": False, "decline_code": "already_captured", "reference": "life-3"},
        {"accepted": True, "reference": "life-4"},
    ]
    assert [(200, body) for body in expected] == [(answer.status_code, answer.json()) for answer in answers]
    looked_up = [simulator.client.get(f"/payments/{reference}").content for _, reference, _ in asked]
    assert [answer.content for answer in answers] == looked_up
    told = [
        (entry["kind"], entry["amount"], entry["net_amount"], entry["released_amount"])
        for entry in simulator.operations("life")
    ]
    expected_entries = [
        ("capture", 700, 700, 1050),
        ("refund", 300, -300, 0),
        ("void", 0, 0, 0),
        ("refund", 400, -400, 0),
    ]
    assert expected_entries == told


def test_the_booking_of_an_operation_tells_all(simulator: Simulator, pay_body: PayBody) -> None:
    simulator.pay("all", pay_body(capture=False, currency="JPY"))
    simulator.client.post("/payments/all/voids", headers={"Idempotency-Key": "all-void"})
    [booking] = simulator.bookings("all-void")
    assert [booking] == simulator.operations("all")
    assert datetime.fromisoformat(booking.pop("booked_at")).utcoffset() == timedelta()
    assert booking.pop("booking") == simulator.bookings("all")[0]["booking"] + 1
    assert booking == {
        "kind": "void",
        "reference": "all-void",
        "payment_reference": "all",
        "currency": "JPY",
        "amount": 1050,
        "reversed": False,
        "net_amount": 0,
        "released_amount": 1050,
        "accepted": True,
        "decline_code": None,
        "submissions": 1,
    }


def test_an_operation_is_reversed_under_its_own_reference(simulator: Simulator, pay_body: PayBody) -> None:
    simulator.pay("kept", pay_body())
    simulator.operate("kept", "refunds", "undone-refund")
    assert simulator.reverse("undone-refund").json() == {"reversed": True}
    looked_up = simulator.client.get("/payments/undone-refund").json()
    assert looked_up == {"accepted": True, "reference": "undone-refund", "reversed": True}
    [refund] = simulator.operations("kept")
    assert (True, 1050, 0) == (refund["reversed"], refund["amount"], refund["net_amount"])
    assert simulator.bookings("kept")[0]["reversed"] is False
    simulator.pay("voided", pay_body(capture=False))
    simulator.operate("voided", "voids", "lasting-void")
    assert simulator.reverse("lasting-void").json() == {"reversed": False}
    assert simulator.bookings("lasting-void")[0]["released_amount"] == 1050


def test_an_operation_without_a_reference_is_processed(simulator: Simulator, pay_body: PayBody) -> None:
    simulator.pay("unnamed", pay_body())
    answer = simulator.operate("unnamed", "refunds", amount=5)
    assert (200, {"accepted": True}) == (answer.status_code, answer.json())
    [refund] = simulator.operations("unnamed")
    assert (None, -5) == (refund["reference"], refund["net_amount"])


def test_a_reference_in_the_path_is_read_whatever_it_has(simulator: Simulator, pay_body: PayBody) -> None:
    simulator.pay("with/slash?", pay_body())
    assert simulator.operate("with%2Fslash%3F", "refunds", "slashed").json()["accepted"] is True


@pytest.mark.parametrize(
    ("path", "content", "key", "message"),
    [
        ("strict/captures", b'{"amount": 1.5}', "k", "amount: must be an integer of minor units"),
        ("strict/captures", b'{"amount": 0}', "k", "amount: must be from 1 to 999999999999 minor units"),
        ("strict/captures", b'{"tip": 5}', "k", "tip: no such field"),
        ("strict/captures", b"", "k", "body: is no JSON"),
        ("strict/refunds", b'{"final": true}', "k", "final: no such field"),
        ("strict/voids", b'{"amount": 5}', "k", "amount: no such field"),
        ("strict/refunds", b"{}", "with space", "Idempotency-Key: must be 1 to 255 visible ASCII characters"),
        ("with%20space/refunds", b"{}", "k", "reference: must be 1 to 255 visible ASCII characters"),
        ("strict/refunds", b"{}", "strict", "Idempotency-Key: was used before for another request"),
    ],
)
def test_a_malformed_operation_is_400_and_names_the_field(
    *, path: str, content: bytes, key: str, message: str, simulator: Simulator, pay_body: PayBody
) -> None:
    simulator.pay("strict", pay_body())
    answer = simulator.client.post(f"/payments/{path}", content=content, headers={"Idempotency-Key": key})
    assert (400, {"error_message": message}) == (answer.status_code, answer.json())
    assert [] == simulator.operations("strict")
    assert {"found": False} == simulator.client.get("/payments/k").json()


def test_the_ledger_is_filtered_by_the_payment_of_operations_and_in_pages(
    simulator: Simulator, pay_body: PayBody
) -> None:
    simulator.pay("filtered", pay_body())
    for number in range(3):
        simulator.operate("filtered", "refunds", f"filtered-{number}", amount=1)
    every = simulator.operations("filtered")
    assert [f"filtered-{number}" for number in range(3)] == [entry["reference"] for entry in every]
    query = {"payment_reference": "filtered", "after": every[1]["booking"]}
    assert every[2:] == simulator.client.get("/ledger", params=query).json()["bookings"]
    query = {"payment_reference": "filtered", "reference": "filtered-1"}
    assert every[1:2] == simulator.client.get("/ledger", params=query).json()["bookings"]
    answer = simulator.client.get("/ledger?payment=filtered").json()
    known = "after, limit, reference and payment_reference"
    assert {"error_message": f"payment: no such parameter; there are {known}"} == answer
