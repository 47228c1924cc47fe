"""A disk without space: writes are refused, all else goes on, and it heals by itself."""

from __future__ import annotations

import resource
import signal
import time
from typing import TYPE_CHECKING

from tests.end_to_end.faults import NO_BANK, copied, fill, references, refusals_to_start, small_disk
from tests.end_to_end.programs import eventually
from tests.end_to_end.streams import frame, listening

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway, Simulator

SLOW = "4000009900000012"
SLOW_SECONDS = "1"


def assert_refused(answer: httpx.Response) -> None:
    assert (503, "StorageUnavailable") == (answer.status_code, answer.json()["code"])
    assert answer.headers["Retry-After"] == "1"
    assert answer.elapsed.total_seconds() < 1


async def assert_all_but_writes_goes_on(gateway: Gateway, job_id: str, payment_id: str) -> None:
    for _ in range(5):
        assert_refused(gateway.pay())
    assert 503 == gateway.client.get("/health/ready").status_code
    for path in (f"/jobs/{job_id}", f"/payments/{payment_id}", "/health/live"):
        assert 200 == gateway.client.get(path).status_code
    async with listening(gateway, "/jobs/stream?after=0") as stream:
        assert "stream.ready" == (await frame(stream))["type"]
        assert job_id == (await frame(stream))["job"]["jobId"]


def assert_heals(gateway: Gateway, bank: Simulator, accepted: list[httpx.Response]) -> None:
    """Pay again without a restart; what was accepted is charged once, and nothing that was refused."""
    eventually(lambda: gateway.pay().status_code == 202)
    assert 200 == gateway.client.get("/health/ready").status_code
    for answer in accepted:
        assert "Approved" == gateway.settled(answer)["paymentStatus"]
    eventually(lambda: not gateway.rows("SELECT 1 FROM jobs WHERE status = 'Created'"))
    ((count,),) = gateway.rows("SELECT count(*) FROM attempts")
    assert len(accepted) + 1 == count
    known = [reference for (reference,) in gateway.rows("SELECT reference FROM attempts")]
    assert sorted(known) == sorted(booking["reference"] for booking in bank.bookings())
    assert set(references(gateway, accepted)) <= set(known)
    assert not [line for line in gateway.lines if '"ActorCrashed"' in line]


async def test_a_disk_that_is_full_for_a_while_costs_nothing_that_was_accepted(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--slow-seconds", SLOW_SECONDS)
    with small_disk(tmp_path / "disk", 4) as disk:
        gateway = start_gateway(disk / "pgw.db", bank.url)
        early = gateway.pay()
        settled = gateway.settled(early)
        async with listening(gateway) as open_before:
            assert "stream.ready" == (await frame(open_before))["type"]
            # The bank's answer comes while nothing can be written.
            slow = gateway.pay(SLOW)
            assert "job.created" == (await frame(open_before))["type"]
            filler = fill(disk)
            await assert_all_but_writes_goes_on(gateway, settled["jobId"], settled["entityId"])
            gateway.wait_for_line('"OutcomeNotStored"')
            filler.unlink()
            completed = await frame(open_before)
            assert ("job.completed", slow.json()["jobId"]) == (completed["type"], completed["job"]["jobId"])
        assert_heals(gateway, bank, [early, slow])
        assert 0 == gateway.end()


async def test_a_limit_on_the_size_of_files_is_a_full_disk_too(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    """Needs no right to mount, so that it runs everywhere."""
    bank = start_simulator("--slow-seconds", SLOW_SECONDS)
    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    early = gateway.pay()
    settled, slow = gateway.settled(early), gateway.pay(SLOW)
    process_id = gateway.process.pid
    before = resource.prlimit(process_id, resource.RLIMIT_FSIZE)
    resource.prlimit(process_id, resource.RLIMIT_FSIZE, (4096, before[1]))
    await assert_all_but_writes_goes_on(gateway, settled["jobId"], settled["entityId"])
    gateway.wait_for_line('"OutcomeNotStored"')
    resource.prlimit(process_id, resource.RLIMIT_FSIZE, before)
    assert_heals(gateway, bank, [early, slow])


def test_a_gateway_that_stops_on_a_full_disk_settles_at_its_next_start(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--slow-seconds", SLOW_SECONDS)
    with small_disk(tmp_path / "disk", 4) as disk:
        gateway = start_gateway(disk / "pgw.db", bank.url, "--grace", "0.3")
        slow = gateway.pay(SLOW)
        filler = fill(disk)
        gateway.wait_for_line('"OutcomeNotStored"')
        began = time.monotonic()
        assert 0 == gateway.end(signal.SIGTERM)
        assert time.monotonic() - began < 10
        filler.unlink()
        again = start_gateway(disk / "pgw.db", bank.url)
        job = again.client.get(slow.headers["Location"], headers={"Prefer": "wait=5"}).json()
        eventually(lambda: bool(again.rows("SELECT 1 FROM payments WHERE status = 'Approved'")))
        assert [again.reference_of(job)] == [booking["reference"] for booking in bank.bookings()]


def test_a_start_on_a_full_disk_is_one_sentence(
    tmp_path: Path, gateway: Gateway, start_gateway: StartGateway
) -> None:
    job = gateway.settled(gateway.pay())
    with small_disk(tmp_path / "disk", 4) as disk:
        copied(gateway, disk / "used.db")
        filler, before = fill(disk), (disk / "used.db").read_bytes()
        sentences = refusals_to_start(disk / "used.db", disk / "new.db")
        assert ["The database PATH cannot be used: the disk is full."] * 2 == sentences
        assert before == (disk / "used.db").read_bytes()
        filler.unlink()
        again = start_gateway(disk / "used.db", NO_BANK)
        assert job == again.client.get(f"/jobs/{job['jobId']}").json()
        assert 202 == again.pay().status_code
