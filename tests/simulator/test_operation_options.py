"""The switches of operations, on the real program."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulator.conftest import PayBody, StartSimulator


def test_a_bank_may_have_no_operations(start_simulator: StartSimulator, pay_body: PayBody) -> None:
    simulator = start_simulator("--no-operations")
    simulator.pay("a", pay_body())
    routes = "POST /payments, GET /payments/{reference}, POST /payments/{reference}/reversals, GET /ledger"
    for name in ("captures", "voids", "refunds"):
        answer = simulator.operate("a", name, "key")
        expected = {"error_message": f"no route /payments/a/{name}; there are {routes}"}
        assert (404, expected) == (answer.status_code, answer.json())
    assert {"found": False} == simulator.client.get("/payments/key").json()


def test_authorizations_expire_when_the_operator_says_so(
    start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    simulator = start_simulator("--authorization-seconds=0")
    simulator.pay("a", pay_body(capture=False))
    answers = [simulator.operate("a", name).json() for name in ("captures", "voids")]
    assert [{"accepted": False, "decline_code": "authorization_expired"}] * 2 == answers
    week = start_simulator("--authorization-seconds=604800")
    week.pay("a", pay_body(capture=False))
    assert week.operate("a", "captures").json() == {"accepted": True}
