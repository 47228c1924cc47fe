"""What is heard of a gateway that stops, and when it has ended."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING

from tests.end_to_end.programs import eventually
from tests.end_to_end.sockets import HEALTH, connected, heard
from tests.end_to_end.streams import UPGRADE, closed_with, frame, listening

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway

HANGS = "4000009900000020"
GRACE, AND_THEN = 2.0, 2.0
DO_NOT_READ = 20


def stopped(gateway: Gateway) -> float:
    """Tell the gateway to stop, and return since when it knows."""
    began = time.monotonic()
    gateway.process.send_signal(signal.SIGTERM)
    gateway.wait_for_line('"Stopping"')
    return began


def test_jobs_can_be_polled_until_what_is_in_flight_has_ended(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator("--latency", "2").url)
    location = gateway.pay().headers["Location"]
    stopped(gateway)
    answer = gateway.client.get(location, headers={"Prefer": "wait=10"})
    assert (200, "close") == (answer.status_code, answer.headers["Connection"])
    assert "Approved" == answer.json()["paymentStatus"]
    assert 0 == gateway.ended(5)


async def test_a_stream_ends_with_1012_and_none_begins_any_more(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator("--latency", "2").url)
    async with listening(gateway) as stream:
        gateway.pay()
        assert ["stream.ready", "job.created"] == [(await frame(stream))["type"] for _ in range(2)]
        stopped(gateway)
        assert 1012 == await closed_with(stream)
    refused = gateway.client.get("/jobs/stream", headers=UPGRADE)
    assert (503, "ShuttingDown") == (refused.status_code, refused.json()["code"])
    assert 0 == gateway.ended(5)


def test_what_never_ends_is_cut_off_and_taken_up_by_the_next_start(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, "--grace", str(GRACE))
    jobs = [gateway.pay(HANGS).json() for _ in range(5)]
    began = stopped(gateway)
    waited = gateway.client.get(f"/jobs/{jobs[0]['jobId']}", headers={"Prefer": "wait=30"})
    assert (200, "Created") == (waited.status_code, waited.json()["status"])
    assert 0 == gateway.ended()
    assert GRACE <= time.monotonic() - began < GRACE + AND_THEN
    again = start_gateway(tmp_path / "pgw.db", bank.url, "--inquiry-first", "0.05")
    statuses = "SELECT status, count(*) FROM payments GROUP BY 1"
    eventually(lambda: [("Failed", 5)] == again.rows(statuses))
    assert [] == bank.bookings()


def test_clients_that_read_nothing_do_not_keep_a_gateway_from_stopping(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--grace", str(GRACE))
    job = gateway.pay(HANGS).json()
    deaf = [deaf_to_its_answer(gateway) for _ in range(DO_NOT_READ)]
    began = stopped(gateway)
    assert 0 == gateway.ended()
    assert time.monotonic() - began < GRACE + AND_THEN
    assert [("Created",)] == gateway.rows("SELECT status FROM jobs WHERE id = ?", job["jobId"])
    for one in deaf:
        one.close()


def deaf_to_its_answer(gateway: Gateway) -> socket.socket:
    """Ask for more than the buffers on the way hold, and read nothing but the beginning of it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect(gateway.address)
    connection.sendall(HEALTH.replace(b"/health/live", b"/docs/swagger-ui-bundle.js") * 8)
    assert connection.recv(9) == b"HTTP/1.1 "
    return connection


def test_a_probe_on_a_kept_connection_hears_that_it_is_to_go_elsewhere(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator("--latency", "1").url)
    ready = HEALTH.replace(b"/health/live", b"/health/ready")
    with connected(gateway) as probe:
        probe.sendall(ready)
        assert heard(probe, b"}").startswith(b"HTTP/1.1 200 ")
        gateway.pay()
        stopped(gateway)
        probe.sendall(ready)
        assert heard(probe, b'"}').startswith(b"HTTP/1.1 503 ")
    assert 0 == gateway.ended(5)
