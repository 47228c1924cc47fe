"""`POST /payments/{reference}/reversals` of the real program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import PayBody, Simulator, StartSimulator


def test_a_booking_that_was_reversed_counts_nothing_and_says_so(
    simulator: Simulator, pay_body: PayBody
) -> None:
    paid = simulator.pay("undone", pay_body()).json()
    answer = simulator.reverse("undone")
    assert (200, {"reversed": True}) == (answer.status_code, answer.json())
    [booking] = simulator.bookings("undone")
    told = {name: booking[name] for name in ("reversed", "captured_amount", "net_amount", "authorized")}
    assert told == {"reversed": True, "captured_amount": 1050, "net_amount": 0, "authorized": True}
    assert paid | {"reversed": True} == simulator.client.get("/payments/undone").json()


def test_a_payment_under_a_reversed_reference_is_400_and_counted_in_no_booking(
    simulator: Simulator, pay_body: PayBody
) -> None:
    before = simulator.client.get("/ledger").json()["tombstones"]
    assert simulator.reverse("never%2Fseen").json() == {"reversed": True}
    answer = simulator.pay("never/seen", pay_body())
    assert (400, {"error_message": "Idempotency-Key: was reversed"}) == (answer.status_code, answer.json())
    assert simulator.bookings("never/seen") == []
    assert before + 1 == simulator.client.get("/ledger").json()["tombstones"]


@pytest.mark.parametrize("body", [b"", b"{}", b" {} \n"])
def test_a_body_may_be_left_out_or_be_empty(body: bytes, simulator: Simulator) -> None:
    answer = simulator.client.post("/payments/empty/reversals", content=body)
    assert (200, {"reversed": True}) == (answer.status_code, answer.json())


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("bad-reversal", b'{"amount": 5}', "amount: no such field"),
        ("bad-reversal", b"[]", "body: is no JSON object"),
        ("bad-reversal", b"{", "body: is no JSON"),
        ("with%20space", b"", "reference: must be 1 to 255 visible ASCII characters"),
        ("x" * 256, b"", "reference: must be 1 to 255 visible ASCII characters"),
    ],
)
def test_a_malformed_reversal_is_400_and_reverses_nothing(
    path: str, body: bytes, message: str, simulator: Simulator, pay_body: PayBody
) -> None:
    answer = simulator.client.post(f"/payments/{path}/reversals", content=body)
    assert (400, {"error_message": message}) == (answer.status_code, answer.json())
    assert simulator.pay("bad-reversal", pay_body()).status_code == 200


def test_a_bank_may_have_no_reversal(start_simulator: StartSimulator, pay_body: PayBody) -> None:
    simulator = start_simulator("--no-reversal")
    simulator.pay("a", pay_body())
    answer = simulator.reverse("a")
    operations = (f"POST /payments/{{reference}}/{name}s" for name in ("capture", "void", "refund"))
    routes = ", ".join(["POST /payments", "GET /payments/{reference}", *operations, "GET /ledger"])
    expected = {"error_message": f"no route /payments/a/reversals; there are {routes}"}
    assert (404, expected) == (answer.status_code, answer.json())
    assert simulator.bookings("a")[0]["reversed"] is False


def test_a_bank_may_refuse_to_reverse_or_misbehave_over_it(
    start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    refusing = start_simulator("--refuse-reversals=1")
    refusing.pay("a", pay_body())
    answer = refusing.reverse("a")
    assert (200, {"reversed": False}) == (answer.status_code, answer.json())
    assert refusing.bookings("a")[0]["reversed"] is False
    failing = start_simulator("--reversal-fault=unavailable_503=1")
    assert (503, 200) == (failing.reverse("a").status_code, failing.pay("a", pay_body()).status_code)
