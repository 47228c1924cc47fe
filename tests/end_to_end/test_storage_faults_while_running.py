"""A disk that fails while a gateway runs on it: said once, ended at once, and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.end_to_end.faults import NO_BANK, copied, faulty_gateway
from tests.end_to_end.programs import eventually, order

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway, Program, Simulator

PAGE = 4096


def last_line(program: Program) -> tuple[str, str]:
    line = json.loads(program.lines[-1])
    return line["Message"], line["Reason"]


def assert_never_accepted(gateway: Gateway) -> None:
    """Pay as the process ends: there may be time to say that it may have been accepted, and never a 202."""
    with suppress(httpx.TransportError):
        answer = gateway.pay()
        assert (500, "InternalError") == (answer.status_code, answer.json()["code"])


def test_a_failed_fsync_ends_the_process_and_the_next_one_loses_no_payment(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    with faulty_gateway(tmp_path / "pgw.db", bank.url) as gateway:
        acknowledged = [gateway.pay() for _ in range(5)]
        gateway.settled(acknowledged[-1])
        gateway.have("fsync")
        assert_never_accepted(gateway)
        assert gateway.process.wait(15) == 1
    assert "Ended" == last_line(gateway)[0]
    assert last_line(gateway)[1].startswith("StorageLost: a failed fsync (")
    again = start_gateway(tmp_path / "pgw.db", bank.url, "--inquiry-first", "0.05")
    for answer in acknowledged:
        assert "Approved" == again.settled(answer)["paymentStatus"]
    # What was being written when it failed had never left for the bank, and is taken back.
    eventually(lambda: not again.rows("SELECT 1 FROM jobs WHERE status = 'Created'"))
    assert [("Approved", 5), ("Failed", 1)] == again.rows("SELECT status, count(*) FROM payments GROUP BY 1")
    assert 5 == len(bank.bookings())


def test_a_payment_that_was_refused_and_yet_written_is_not_charged_after_a_crash(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    """A commit may be whole in the log and reported as failed; a crash then brings it back."""
    bank = start_simulator()
    with faulty_gateway(tmp_path / "pgw.db", bank.url) as gateway:
        gateway.have("forgotten")
        refused = gateway.pay()
        assert (503, "StorageUnavailable") == (refused.status_code, refused.json()["code"])
        gateway.process.send_signal(signal.SIGKILL)
        gateway.process.wait(15)
    again = start_gateway(tmp_path / "pgw.db", bank.url, "--inquiry-first", "0.05")
    eventually(lambda: not again.rows("SELECT 1 FROM jobs WHERE status = 'Created'"))
    assert [("Failed", "Interrupted")] == again.rows("SELECT payment_status, failure_code FROM jobs")
    assert [("Reversed",)] == again.rows("SELECT outcome FROM attempts")
    ledger = httpx.get(f"{bank.url}/ledger").json()
    assert (0, 1) == (ledger["count"], ledger["tombstones"])


def test_a_write_that_meets_damage_ends_the_process(tmp_path: Path, simulator: Simulator) -> None:
    with faulty_gateway(tmp_path / "pgw.db", simulator.url) as gateway:
        gateway.settled(gateway.pay())
        # Forced: what is damaged on disk is as likely to be met by a read first.
        gateway.have("damage")
        assert_never_accepted(gateway)
        assert 1 == gateway.process.wait(15)
    message, reason = last_line(gateway)
    assert "Ended" == message
    assert reason.startswith("StorageLost: the database is damaged (")
    assert reason.endswith("restore it from a backup")
    assert not [line for line in gateway.lines if '"ActorCrashed"' in line]


def test_a_read_that_meets_damage_is_refused_and_nothing_is_written_any_more(
    tmp_path: Path, gateway: Gateway, start_gateway: StartGateway
) -> None:
    job = gateway.settled(gateway.pay())
    path = copied(gateway, tmp_path / "pgw.db")
    faulty = start_gateway(path, NO_BANK)
    damage(path)
    before = path.read_bytes()
    read = faulty.client.get(f"/jobs/{job['jobId']}")
    assert (503, "StorageUnavailable") == (read.status_code, read.json()["code"])
    assert "restore it from a backup" in faulty.wait_for_line('"DatabaseDamaged"')
    refused = faulty.pay()
    assert (503, "StorageUnavailable") == (refused.status_code, refused.json()["code"])
    assert 503 == faulty.client.get("/health/ready").status_code
    assert 200 == faulty.client.get("/health/live").status_code
    assert before == path.read_bytes()


def damage(path: Path) -> None:
    """Overwrite every page but the first, in place, as a failing disk may."""
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(PAGE)
        file.write(b"\xa5" * (size - PAGE))


def test_a_row_that_cannot_be_read_fails_its_own_reader_alone(
    tmp_path: Path, gateway: Gateway, start_gateway: StartGateway
) -> None:
    bad, good = (gateway.settled(gateway.pay()) for _ in range(2))
    path = copied(gateway, tmp_path / "pgw.db")
    make_unreadable(path, bad["paymentId"])
    again = start_gateway(path, NO_BANK)
    answer = again.client.get(f"/payments/{bad['paymentId']}")
    assert (500, "InternalError") == (answer.status_code, answer.json()["code"])
    assert bad["paymentId"] in again.wait_for_line('"RequestFailed"', "RowUnreadable")
    assert 200 == again.client.get(f"/payments/{good['paymentId']}").status_code


def make_unreadable(path: Path, payment_id: str) -> None:
    """Store what the table's own rules allow, and no payment can have."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE payments SET metadata = '17' WHERE id = ?", [payment_id])


def test_a_disk_that_hangs_does_not_keep_a_gateway_from_ending(
    tmp_path: Path, start_simulator: StartSimulator
) -> None:
    bank = start_simulator()
    with faulty_gateway(tmp_path / "pgw.db", bank.url, "--grace", "0") as gateway:
        job = gateway.settled(gateway.pay())
        gateway.have("hang")
        with pytest.raises(httpx.ReadTimeout):
            gateway.client.post("/payments", json=order(), timeout=0.5)
        assert job == gateway.client.get(f"/jobs/{job['jobId']}").json()
        gateway.process.send_signal(signal.SIGTERM)
        assert 1 == gateway.process.wait(15)
    assert "Ended" == last_line(gateway)[0]
    assert "a disk or a thread hangs" in last_line(gateway)[1]
