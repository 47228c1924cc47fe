"""Each card whose operations go wrong, as a caller of the real program sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import PayBody, Simulator, StartSimulator


def look_up_until(simulator: Simulator, reference: str, wanted: Callable[[Any], bool]) -> Any:
    """Look up again and again: each call gives the bank its turn."""
    for _ in range(5_000):
        if wanted(found := simulator.client.get(f"/payments/{reference}").json()):
            return found
    pytest.fail(f"the look-up never told what was wanted of {reference}")


@pytest.mark.parametrize(
    ("card", "operations", "capture"),
    [
        ("4000009900000111", "captures", False),
        ("4000009900000129", "voids", False),
        ("4000009900000137", "refunds", True),
    ],
)
def test_an_approved_payment_whose_operation_is_declined(
    card: str, operations: str, capture: bool, simulator: Simulator, pay_body: PayBody
) -> None:
    assert simulator.pay(card, pay_body(card, capture=capture)).json()["authorized"] is True
    answer = simulator.operate(card, operations, f"of-{card}").json()
    assert answer == {"accepted": False, "decline_code": "processing_error", "reference": f"of-{card}"}
    [booking] = simulator.operations(card)
    assert (False, 0, 0) == (booking["accepted"], booking["net_amount"], booking["released_amount"])


@pytest.mark.parametrize(
    ("card", "operations", "capture", "moved"),
    [("4000009900000145", "captures", False, 1050), ("4000009900000152", "refunds", True, -1050)],
)
def test_the_money_is_moved_and_the_answer_lost(
    *, card: str, operations: str, capture: bool, moved: int, simulator: Simulator, pay_body: PayBody
) -> None:
    assert simulator.pay(card, pay_body(card, capture=capture)).json()["authorized"] is True
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        simulator.operate(card, operations, f"of-{card}")
    assert [moved] == [booking["net_amount"] for booking in simulator.operations(card)]
    expected = {"accepted": True, "reference": f"of-{card}"}
    assert expected == simulator.client.get(f"/payments/of-{card}").json()
    assert expected == simulator.operate(card, operations, f"of-{card}").json()
    assert 1 == len(simulator.operations(card))


def test_operations_stuck_on_their_way_are_never_seen_and_then_booked(
    start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    simulator = start_simulator("--slow-seconds=1")
    afflicted = {"captures": "4000009900000160", "refunds": "4000009900000178"}
    for operations, card in afflicted.items():
        simulator.pay(card, pay_body(card, capture=operations == "refunds"))
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            simulator.operate(card, operations, operations)
        assert {"found": False} == simulator.client.get(f"/payments/{operations}").json()
        assert [] == simulator.operations(card)
    for operations, moved in (("captures", 1050), ("refunds", -1050)):
        found = look_up_until(simulator, operations, lambda found: found != {"found": False})
        assert {"accepted": True, "reference": operations} == found
        assert [moved] == [booking["net_amount"] for booking in simulator.bookings(operations)]


def test_a_late_operation_is_pending_meanwhile(start_simulator: StartSimulator, pay_body: PayBody) -> None:
    simulator = start_simulator("--operation-fault=late=1", "--slow-seconds=1")
    simulator.pay("a", pay_body())
    with pytest.raises(httpx.ReadTimeout):
        simulator.client.post("/payments/a/refunds", json={}, headers={"Idempotency-Key": "r"}, timeout=0.05)
    assert {"pending": True} == look_up_until(simulator, "r", lambda found: found != {"found": False})
    found = look_up_until(simulator, "r", lambda found: found != {"pending": True})
    assert {"accepted": True, "reference": "r"} == found
