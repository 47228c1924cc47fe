"""A bank with `--ledger-file` forgets no operation that it answered, and reads what an older bank wrote."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import PayBody, Simulator, StartSimulator

WRITTEN_BEFORE_OPERATIONS = Path(__file__).with_name("ledger_before_operations")
REFUND_LOST = "4000009900000152"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def everything(simulator: Simulator) -> Any:
    ledger = simulator.client.get("/ledger").json()
    for booking in ledger["bookings"]:
        del booking["submissions"]
    return ledger


def test_operations_their_reversals_and_repeats_outlive_a_kill(
    path: Path, start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    first = start_simulator(f"--ledger-file={path}")
    for reference in ("pay", "voided", "undone"):
        first.pay(reference, pay_body(capture=False))
    captured = first.operate("pay", "captures", "c1", amount=600)
    first.operate("pay", "captures", "c2", amount=100, final=True)
    declined = first.operate("pay", "refunds", "r1", amount=9_000)
    first.operate("voided", "voids", "v1")
    first.operate("undone", "captures", "c3")
    for reversed_reference in ("c2", "undone", "never-seen"):
        first.reverse(reversed_reference)
    before = everything(first)
    assert (8, 1) == (before["count"], before["tombstones"])
    first.kill()

    second = start_simulator(f"--ledger-file={path}")
    assert before == everything(second)
    assert captured.content == second.operate("pay", "captures", "c1", amount=600).content
    assert declined.content == second.client.get("/payments/r1").content
    assert second.client.get("/payments/c3").json()["reversed"] is True
    refusals = [
        second.operate("pay", "captures", "c1", amount=601).json(),
        second.operate("pay", "captures", "c2", amount=100, final=True).json(),
        second.operate("pay", "refunds", "never-seen").json(),
    ]
    used, was_reversed = "was used before for another request", "was reversed"
    expected = [{"error_message": f"Idempotency-Key: {why}"} for why in (used, was_reversed, was_reversed)]
    assert expected == refusals
    assert second.reverse("v1").json() == {"reversed": False}
    assert second.operate("voided", "captures", "c4").json()["decline_code"] == "already_voided"
    second.operate("pay", "captures", "c5")
    assert [450] == [booking["net_amount"] for booking in second.bookings("c5")]


def test_a_card_misbehaves_after_a_kill_too(
    path: Path, start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    first = start_simulator(f"--ledger-file={path}")
    first.pay("pay", pay_body(REFUND_LOST))
    first.kill()
    second = start_simulator(f"--ledger-file={path}")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        second.operate("pay", "refunds", "r1")
    second.kill()
    third = start_simulator(f"--ledger-file={path}")
    assert {"accepted": True, "reference": "r1"} == third.operate("pay", "refunds", "r1").json()
    assert [-1050] == [booking["net_amount"] for booking in third.operations("pay")]
    assert REFUND_LOST not in path.read_text()


def test_what_a_bank_without_operations_wrote_is_read_and_operated_on(
    path: Path, start_simulator: StartSimulator
) -> None:
    shutil.copyfile(WRITTEN_BEFORE_OPERATIONS, path)
    first = start_simulator(f"--ledger-file={path}")
    ledger = everything(first)
    told = [
        (entry["kind"], entry["reference"], entry["captured_amount"], entry["net_amount"])
        for entry in ledger["bookings"]
    ]
    expected = [("captured", 1050, 1050), ("authorized", 0, 0), ("declined", 0, 0), ("undone", 1050, 0)]
    assert [("payment", *payment) for payment in expected] == told
    assert 1 == ledger["tombstones"]
    answers = {
        "r1": first.operate("captured", "refunds", "r1", amount=50).json(),
        "c1": first.operate("authorized", "captures", "c1").json(),
        "r2": first.operate("undone", "refunds", "r2").json(),
    }
    assert [True, True, False] == [answer["accepted"] for answer in answers.values()]
    first.kill()
    second = start_simulator(f"--ledger-file={path}")
    looked_up = {reference: second.client.get(f"/payments/{reference}").json() for reference in answers}
    assert answers == looked_up
    assert 2050 == sum(entry["net_amount"] for entry in everything(second)["bookings"])
