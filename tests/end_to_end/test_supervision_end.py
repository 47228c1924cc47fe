"""Where restarting does not help, the process ends by itself, whatever still goes on in it."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
import time
from collections import deque
from itertools import repeat
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.end_to_end.commands import reconciled
from tests.end_to_end.faults import faulty_gateway
from tests.end_to_end.programs import KEY, eventually, order
from tests.end_to_end.sockets import HEALTH, connected, heard

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.faults import FaultyGateway

HANGS = "4000009900000020"
PAYS, STOPS, STOPPED_AFTER = 8, 5, 20
GRACE = 1.0
STUCK_SECONDS, MOST_REQUESTS = 1.0, 10_000
WAIT = b"\r\nAuthorization: Bearer ap_123\r\nPrefer: wait=30\r\n\r\n"
UPGRADE = (
    b"GET /jobs/stream?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ap_123\r\n"
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def end_by_crashes(gateway: FaultyGateway, *faults: str) -> float:
    """Let an actor crash at each start; return how long the process then took to end, by itself."""
    gateway.have("crash", *faults)
    began = time.monotonic()
    gateway.wait_for_line('"ActorCrashed"')
    assert 1 == gateway.process.wait(15)
    return time.monotonic() - began


def busy_connections(gateway: FaultyGateway) -> list[socket.socket]:
    """Open what may hold up an end: a request at work, an open stream, and a peer that does not read."""
    waiting, stream = (connected(gateway) for _ in range(2))
    location = gateway.pay(HANGS).headers["Location"].encode()
    waiting.sendall(HEALTH.replace(b"/health/live", location).replace(b"\r\n\r\n", WAIT))
    stream.sendall(UPGRADE)
    assert b" 101 " in heard(stream, b"\r\n\r\n")
    return [waiting, stream, deaf_peer(gateway)]


def deaf_peer(gateway: FaultyGateway) -> socket.socket:
    """Ask until the gateway is stuck in answering: nobody takes what it sends."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(gateway.address)
    peer.settimeout(STUCK_SECONDS)
    # A problem's `instance` is its path, so that each answer is a large one.
    requests = HEALTH.replace(b"/health/live", b"/" + b"x" * 6000) * 10
    with pytest.raises(TimeoutError):
        deque(map(peer.send, repeat(requests, MOST_REQUESTS)))
    return peer


def test_an_end_waits_for_no_handler_no_stream_and_no_peer_that_does_not_read(
    tmp_path: Path, start_simulator: StartSimulator
) -> None:
    bank = start_simulator()
    with faulty_gateway(tmp_path / "pgw.db", bank.url) as gateway:
        connections = busy_connections(gateway)
        took = end_by_crashes(gateway)
        for connection in connections:
            connection.close()
    assert took < 5
    last = json.loads(gateway.lines[-1])
    reason = "RestartIntensityExceeded: gateway gave up restarting housekeeping"
    assert ("Ended", reason) == (last["Message"], last["Reason"])


def test_an_end_waits_for_a_disk_that_hangs_no_longer_than_it_must(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    with faulty_gateway(tmp_path / "pgw.db", bank.url) as gateway:
        accepted = gateway.pay()
        job = gateway.settled(accepted)
        gateway.have("hang")
        with pytest.raises(httpx.ReadTimeout):
            gateway.client.post("/payments", json=order(), timeout=0.5)
        assert end_by_crashes(gateway, "hang") < 8
    assert "Ended" == json.loads(gateway.lines[-1])["Message"]
    assert "housekeeping" in gateway.wait_for_line('"RestartIntensityExceeded"')
    again = start_gateway(tmp_path / "pgw.db", bank.url)
    assert job == again.client.get(f"/jobs/{job['jobId']}").json()


def test_five_stops_under_load_lose_nothing_that_was_acknowledged(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--latency", "0.05")
    acknowledged: list[str] = []
    for _ in range(STOPS):
        gateway = start_gateway(tmp_path / "pgw.db", bank.url, "--grace", str(GRACE))
        paying = [
            threading.Thread(target=pay_until_it_stops, args=(gateway.url, acknowledged)) for _ in range(PAYS)
        ]
        for thread in paying:
            thread.start()
        enough = len(acknowledged) + STOPPED_AFTER
        eventually(lambda: len(acknowledged) >= enough)  # noqa: B023 - it is asked in this round alone
        gateway.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert 0 == gateway.ended(30)
        took = time.monotonic() - began
        sys.stdout.write(f"ended {took:.2f} s after SIGTERM, of at most {GRACE + 2}\n")
        for thread in paying:
            thread.join(35)
    assert len(acknowledged) == len(set(acknowledged)) >= STOPS * STOPPED_AFTER
    last = start_gateway(tmp_path / "pgw.db", bank.url, "--inquiry-first", "0.05")
    known = {job_id for (job_id,) in last.rows("SELECT id FROM jobs")}
    assert set() == set(acknowledged) - known
    eventually(lambda: not last.rows("SELECT 1 FROM jobs WHERE status = 'Created'"))
    compared = reconciled(tmp_path / "pgw.db", bank)
    assert 0 == compared.exit_code, compared.out


def pay_until_it_stops(url: str, acknowledged: list[str]) -> None:
    with httpx.Client(base_url=url, headers=KEY, timeout=30) as client:
        while True:
            try:
                answer = client.post("/payments", json=order())
            except httpx.TransportError:
                return
            if answer.status_code != httpx.codes.ACCEPTED:
                return
            acknowledged.append(answer.json()["jobId"])
