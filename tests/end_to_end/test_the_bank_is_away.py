"""A bank that is down, or that offers less, or that has to be asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway, Simulator


def test_payments_are_accepted_while_the_bank_is_down_and_complete_once_it_is_up(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gone = start_simulator()
    gone.end()
    gateway = start_gateway(tmp_path / "pgw.db", gone.url)
    accepted = [gateway.pay() for _ in range(3)]
    assert [202] * 3 == [answer.status_code for answer in accepted]
    assert 200 == gateway.client.get("/health/ready").status_code
    references = [gateway.reference_of(answer.json()) for answer in accepted]
    assert 3 == gateway.rows("SELECT count(*) FROM payments WHERE status = 'Created'")[0][0]
    bank = start_simulator("--port", gone.port)
    jobs = [gateway.settled(answer) for answer in accepted]
    assert ["Approved"] * 3 == [job["paymentStatus"] for job in jobs]
    assert references == [gateway.reference_of(job) for job in jobs]
    assert sorted(references) == sorted(booking["reference"] for booking in bank.bookings())


def test_a_503_is_tried_again_under_the_same_reference(gateway: Gateway, simulator: Simulator) -> None:
    job = gateway.settled(gateway.pay("4000009900000061"))
    assert "Approved" == job["paymentStatus"]
    (booking,) = simulator.bookings(gateway.reference_of(job))
    assert 3 == booking["submissions"]
    assert [(3,)] == gateway.rows("SELECT tries FROM attempts WHERE job_id = ?", job["jobId"])


def test_a_payment_captured_later_is_reserved_and_nothing_taken(
    gateway: Gateway, simulator: Simulator
) -> None:
    job = gateway.settled(gateway.pay(capture=False))
    assert ("Completed", "Authorized") == (job["status"], job["paymentStatus"])
    assert 0 == gateway.client.get(f"/payments/{job['entityId']}").json()["captured"]
    (booking,) = simulator.bookings(gateway.reference_of(job))
    assert (True, 0) == (booking["authorized"], booking["captured_amount"])


def test_a_bank_that_can_only_pay_is_never_asked_for_more(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--profile", "parity", "--no-lookup")
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, PGW_BANK_FEATURES="pay")
    assert (
        "Approved"
        == gateway.settled(gateway.pay("5555555555554445".replace("4445", "4477")))["paymentStatus"]
    )
    assert "Declined" == gateway.settled(gateway.pay("4242424242424242"))["paymentStatus"]
    refused = gateway.pay(capture=False)
    assert (400, "CaptureNotSupported") == (refused.status_code, refused.json()["code"])
    assert ["#/capture"] == [error["pointer"] for error in refused.json()["errors"]]
    assert 2 == gateway.rows("SELECT count(*) FROM payments")[0][0]
