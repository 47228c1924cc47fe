"""More than can be had at a time, and the last moments of a gateway: refused, and nothing left behind."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.programs import OTHER_KEY, order
from tests.end_to_end.sockets import BODY, HEALTH, WHOLE, connected, heard, post

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    import httpx

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway

HANGS = "4000009900000020"
TABLES = ("payments", "jobs", "events", "attempts")
READY = HEALTH.replace(b"/health/live", b"/health/ready")
LATE_READY = READY.replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
LATE_POST = post(b"Content-Length: %d" % len(BODY), b"Expect: 100-continue")


def counts(gateway: Gateway) -> list[int]:
    return [gateway.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES]


def pay_as_other(gateway: Gateway) -> httpx.Response:
    return gateway.client.post("/payments", json=order(), headers=OTHER_KEY)


def assert_overloaded(answer: httpx.Response) -> None:
    assert (503, "1") == (answer.status_code, answer.headers["Retry-After"])
    assert "application/problem+json" == answer.headers["Content-Type"]
    problem = answer.json()
    assert ("Overloaded", 503) == (problem["code"], problem["status"])
    assert problem["detail"].startswith("Nothing was accepted.")


def test_the_whole_gateways_cap_refuses_every_merchant_and_leaves_nothing_behind(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--max-in-flight", "1")
    assert 202 == gateway.pay(HANGS).status_code
    before = counts(gateway)
    assert_overloaded(gateway.pay())
    assert_overloaded(pay_as_other(gateway))
    assert [1] * len(TABLES) == before == counts(gateway)
    assert 200 == gateway.client.get("/health/ready").status_code


def test_a_merchants_cap_is_three_in_ten_and_leaves_the_rest_to_others(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--max-in-flight", "10")
    assert [202] * 3 == [gateway.pay(HANGS).status_code for _ in range(3)]
    assert_overloaded(gateway.pay())
    assert [3] * len(TABLES) == counts(gateway)
    assert 202 == pay_as_other(gateway).status_code


def test_a_payment_that_has_its_outcome_makes_room_for_the_next(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--max-in-flight", "1")
    for _ in range(3):
        assert "Approved" == gateway.settled(gateway.pay())["paymentStatus"]


def begun(gateway: Gateway, head: bytes) -> socket.socket:
    """Begin a request, whose body is yet to come; the gateway has read its head."""
    connection = connected(gateway)
    connection.sendall(head)
    assert heard(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
    return connection


def refused_with(connection: socket.socket, body: bytes) -> tuple[bytes, dict[str, Any]]:
    """End a request that was begun, and return the head of its answer and the problem."""
    connection.sendall(body)
    head, _, problem = heard(connection, b'"}').partition(b"\r\n\r\n")
    return head.lower(), json.loads(problem)


def test_a_gateway_that_stops_refuses_what_comes_and_completes_what_it_has(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator("--latency", "2").url)
    with connected(gateway) as idle, begun(gateway, LATE_POST) as posts, begun(gateway, LATE_READY) as asks:
        idle.sendall(HEALTH)
        heard(idle, b"}")
        assert 202 == gateway.pay().status_code
        gateway.process.send_signal(signal.SIGTERM)
        gateway.wait_for_line('"Stopping"')
        refusals = [refused_with(posts, BODY), refused_with(asks, b"x")]
        for late in (READY, WHOLE):
            with connected(gateway) as connection:
                refusals.append(refused_with(connection, late))
        refusals.append(refused_with(idle, READY))
        assert [("Created",)] == gateway.rows("SELECT status FROM payments")
        for head, problem in refusals:
            assert head.startswith(b"http/1.1 503 ")
            assert b"\r\nretry-after: 1" in head
            assert b"\r\nconnection: close" in head
            assert "ShuttingDown" == problem["code"]
        assert b"" == idle.recv(1)
    assert 0 == gateway.ended()
    with pytest.raises(ConnectionRefusedError):
        connected(gateway)
    assert [("Approved",)] == gateway.rows("SELECT status FROM payments")
