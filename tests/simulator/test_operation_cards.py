"""Each card whose operations go wrong, and each fault by rate, as a caller of the real program sees them."""

from __future__ import annotations

import json
import re
import socket
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


@pytest.mark.parametrize(
    ("kind", "answers", "is_whole", "moved"),
    [
        ("refuse", [], True, 0),
        ("hang", [], True, 0),
        ("unavailable_503", [503], True, 0),
        ("late", [200], True, -5),
        ("drop_after_booking", [], True, -5),
        ("error_500", [500], True, -5),
        ("twice", [200, 200], True, -5),
        ("half", [200], False, -5),
        ("garbage", [200], False, -5),
    ],
)
def test_operations_misbehave_by_rate(
    *,
    kind: str,
    answers: list[int],
    is_whole: bool,
    moved: int,
    start_simulator: StartSimulator,
    pay_body: PayBody,
) -> None:
    simulator = start_simulator(
        f"--operation-fault={kind}=1", "--slow-seconds=0.2", "--hang-seconds=0.2", "--idle-seconds=0.1"
    )
    assert simulator.pay("a", pay_body()).status_code == 200
    received = refund_over_a_bare_socket(simulator.port)
    assert answers == [int(status) for status in re.findall(rb"HTTP/1.1 (\d+) ", received)]
    assert is_whole == all(map(is_an_answer, received.split(b"HTTP/1.1 ")[1:]))
    assert moved == sum(booking["net_amount"] for booking in simulator.operations("a"))


def refund_over_a_bare_socket(port: int) -> bytes:
    """Refund 5 of the payment a, and read until the bank closes."""
    head = (
        b"POST /payments/a/refunds HTTP/1.1\r\nHost: bank\r\nIdempotency-Key: r\r\nContent-Length: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head + b'{"amount": 5}')
        received = b""
        while part := connection.recv(65_536):
            received += part
        return received


def is_an_answer(response: bytes) -> bool:
    try:
        return isinstance(json.loads(response.partition(b"\r\n\r\n")[2]), dict)
    except ValueError:
        return False


def test_a_late_operation_is_pending_meanwhile(start_simulator: StartSimulator, pay_body: PayBody) -> None:
    simulator = start_simulator("--operation-fault=late=1", "--slow-seconds=1")
    simulator.pay("a", pay_body())
    with pytest.raises(httpx.ReadTimeout):
        simulator.client.post("/payments/a/refunds", json={}, headers={"Idempotency-Key": "r"}, timeout=0.05)
    assert {"pending": True} == look_up_until(simulator, "r", lambda found: found != {"found": False})
    found = look_up_until(simulator, "r", lambda found: found != {"pending": True})
    assert {"accepted": True, "reference": "r"} == found
