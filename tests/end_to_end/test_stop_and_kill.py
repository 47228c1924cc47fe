"""What becomes of payments in flight when the gateway stops, or is killed."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.programs import eventually
from tests.end_to_end.sockets import HEALTH, connected, heard
from tests.end_to_end.streams import closed_with, frame, listening, seqs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator

WAIT = b"\r\nAuthorization: Bearer ap_123\r\nPrefer: wait=10\r\n\r\n"
HANGS, STATUSES = "4000009900000020", "SELECT status, count(*) FROM payments GROUP BY 1 ORDER BY 1"


async def test_a_gateway_that_stops_lets_its_payments_complete_and_its_listeners_know(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator("--latency", "1").url)
    async with listening(gateway) as stream:
        jobs = [gateway.pay().json() for _ in range(20)]
        assert [("Created", 20)] == gateway.rows(STATUSES)
        gateway.process.send_signal(signal.SIGTERM)
        frames = [await frame(stream) for _ in range(21)]
        assert 1012 == await closed_with(stream)
    assert {job["jobId"] for job in jobs} == {one["job"]["jobId"] for one in frames[1:]}
    began = time.monotonic()
    assert 0 == gateway.ended()
    assert time.monotonic() - began < 5
    assert [("Approved", 20)] == gateway.rows(STATUSES)
    assert '"Stopped"' in gateway.lines[-1]
    with pytest.raises(ConnectionRefusedError):
        connected(gateway)


def test_a_request_that_waits_is_answered_before_the_gateway_stops(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator("--latency", "0.5").url)
    location = gateway.pay().headers["Location"].encode()
    with connected(gateway) as connection:
        # The second request is read together with the first, so it is at work once the first is answered.
        waiting = HEALTH.replace(b"/health/live", location).replace(b"\r\n\r\n", WAIT)
        connection.sendall(HEALTH + waiting)
        assert heard(connection, b"}").startswith(b"HTTP/1.1 200 ")
        gateway.process.send_signal(signal.SIGINT)
        assert b'"status":"Completed"' in heard(connection, b"}")
    assert 0 == gateway.ended(5)
    assert [("Approved", 1)] == gateway.rows(STATUSES)


async def test_a_killed_gateway_loses_nothing_and_guesses_nothing(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    killed = start_gateway(tmp_path / "pgw.db", bank.url)
    settled = [killed.settled(killed.pay()) for _ in range(3)]
    in_flight = [killed.pay(HANGS).json() for _ in range(7)]
    killed.end(signal.SIGKILL)
    assert [("Approved", 3), ("Created", 7)] == killed.rows(STATUSES)

    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    for job in settled:
        assert job == gateway.client.get(f"/jobs/{job['jobId']}").json()
    after = gateway.settled(gateway.pay())
    eventually(lambda: [("Approved", 4), ("Failed", 7)] == gateway.rows(STATUSES))
    for job in in_flight:
        ended = gateway.client.get(f"/jobs/{job['jobId']}").json()
        assert ("Failed", "Interrupted") == (ended["status"], ended["error"]["code"])
    async with listening(gateway, "/jobs/stream?after=0") as stream:
        await frame(stream)
        frames = [await frame(stream) for _ in range(3 * 2 + 7 * 3 + 2)]
    assert list(range(1, len(frames) + 1)) == seqs(frames)
    of_first = [one["type"] for one in frames if one["job"]["jobId"] == in_flight[0]["jobId"]]
    assert ["job.created", "job.updated", "job.failed"] == of_first
    assert after in [one["job"] for one in frames]
    # Asked once, and never again: the three and the one that were approved are all that was booked.
    assert 4 == len(bank.bookings())
