"""HTTP/1.1 as clients speak it, well and badly, byte for byte."""

from __future__ import annotations

import json
import socket
import struct
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.programs import eventually, order
from tests.end_to_end.sockets import BODY, HEALTH, UPGRADE, WHOLE, connected, heard, post

if TYPE_CHECKING:
    from tests.end_to_end.programs import Gateway


def test_a_connection_is_kept_for_the_next_request(gateway: Gateway) -> None:
    with connected(gateway) as connection:
        for _ in range(3):
            connection.sendall(HEALTH)
            assert heard(connection, b"}").startswith(b"HTTP/1.1 200 ")


def test_requests_sent_at_once_are_answered_in_turn(gateway: Gateway) -> None:
    with connected(gateway) as connection:
        connection.sendall(HEALTH + WHOLE + HEALTH.replace(b"/health/live", b"/nowhere"))
        answers = heard(connection, b"UnknownRoute")
    assert [b"200", b"202", b"404"] == [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("host", [b"pgw..test", b"a" * 64 + b".test", b"x:y", b"\xff", b"[::1"])
def test_a_host_that_is_no_name_is_of_no_matter(host: bytes, gateway: Gateway) -> None:
    with connected(gateway) as connection:
        connection.sendall(HEALTH.replace(b"Host: x", b"Host: " + host))
        assert heard(connection, b"}").startswith(b"HTTP/1.1 200 ")


def test_a_head_request_has_no_body(gateway: Gateway) -> None:
    with connected(gateway) as connection:
        connection.sendall(HEALTH.replace(b"GET", b"HEAD") + HEALTH)
        head, second, body = heard(connection, b"}").split(b"\r\n\r\n")
    assert (b"HTTP/1.1 200 ", b"HTTP/1.1 200 ", b'{"status":"live"}') == (head[:13], second[:13], body)


def test_http_1_0_is_answered_and_closed_and_a_half_closed_client_gets_its_answer(gateway: Gateway) -> None:
    with connected(gateway) as connection:
        connection.sendall(post(b"Content-Length: %d" % len(BODY), version=b"1.0") + BODY)
        connection.shutdown(socket.SHUT_WR)
        assert heard(connection, b"}").startswith(b"HTTP/1.1 202 ")
        assert connection.recv(1) == b""


def test_a_body_may_come_in_chunks_after_a_continue(gateway: Gateway) -> None:
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in BODY) + b"0\r\n\r\n"
    with connected(gateway) as connection:
        connection.sendall(post(b"Transfer-Encoding: chunked", b"Expect: 100-continue"))
        assert heard(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        connection.sendall(chunks)
        assert heard(connection, b"}").startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (post(b"Content-Length: 2000000"), b"x" * 2_000_000),
        (post(b"Transfer-Encoding: chunked"), b"3e8\r\n" + b"x" * 1000 + b"\r\n"),
    ],
)
def test_a_client_that_sends_too_much_hears_so_and_may_go_on(
    head: bytes, body: bytes, gateway: Gateway
) -> None:
    whole = body if b"Length" in head else body * 200 + b"0\r\n\r\n"
    with connected(gateway) as connection:
        connection.sendall(head + whole)
        assert b"RequestTooLarge" in heard(connection, b"}")
        connection.sendall(HEALTH)
        assert heard(connection, b"live").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("length", "sent"), [(len(BODY), BODY[:-1]), (900_000, b""), (900_000, b"x" * 300_000)]
)
def test_a_client_that_leaves_before_its_request_ended_leaves_nothing(
    length: int, sent: bytes, gateway: Gateway
) -> None:
    before = gateway.rows("SELECT count(*) FROM payments")
    request_id = f"left.within.{length}.{len(sent)}"
    with connected(gateway) as connection:
        connection.sendall(
            post(b"Content-Length: %d" % length, b"X-Request-Id: " + request_id.encode()) + sent
        )
    assert gateway.request_log(request_id)["StatusCode"] == (413 if len(sent) > 2**16 else 499)
    assert before == gateway.rows("SELECT count(*) FROM payments")


@pytest.mark.parametrize(
    "sent",
    [
        UPGRADE + b"x",
        UPGRADE.replace(b"13", b"9"),
        UPGRADE + b"\x83\x00",
        UPGRADE.replace(b"Upgrade: w", b"Sec-WebSocket-Protocol: \xff\r\nUpgrade: w"),
        b"\x00\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_one_connection_is_no_harm_to_another(sent: bytes, gateway: Gateway) -> None:
    with connected(gateway) as connection:
        connection.sendall(sent)
        connection.recv(65_536)
    assert 200 == gateway.client.get("/health/ready").status_code
    assert None is gateway.process.poll()


@pytest.mark.parametrize("reset", [False, True])
def test_a_payment_outlives_a_client_that_leaves_without_its_answer(reset: bool, gateway: Gateway) -> None:
    name = f"left at once {reset}"
    body = json.dumps(order(description=name)).encode()
    request = post(b"Content-Length: %d" % len(body)) + body
    for _ in range(60):
        with connected(gateway) as connection:
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(request)
    count = "SELECT count(*) FROM payments WHERE description = ?"
    if not reset:  # what was reset may never have been read
        eventually(lambda: gateway.rows(count, name) == [(60,)])
    assert 200 == gateway.client.get("/health/ready").status_code
    eventually(lambda: gateway.rows(f"{count} AND status = 'Created'", name) == [(0,)])
    assert gateway.rows(f"{count} AND status = 'Approved'", name) == gateway.rows(count, name)
