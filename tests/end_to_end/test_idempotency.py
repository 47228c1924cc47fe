"""A key makes a request safe to repeat: through the front door, a kill and a new secret."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest

from tests.end_to_end.programs import OTHER_KEY, order
from tests.end_to_end.sockets import BODY, connected, heard, post

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway

SLOW = "4000009900000012"
COUNTS = "SELECT (SELECT count(*) FROM payments), (SELECT count(*) FROM idempotency_keys)"


@pytest.fixture
def key() -> str:
    return str(uuid4())


def pay(gateway: Gateway, key: str, path: str = "/payments", **changes: Any) -> httpx.Response:
    return gateway.client.post(path, json=order(**changes), headers={"Idempotency-Key": key})


def refused(answer: httpx.Response) -> tuple[int, str]:
    assert "Idempotent-Replayed" not in answer.headers
    return answer.status_code, answer.json()["code"]


def assert_replayed(first: httpx.Response, again: httpx.Response) -> None:
    assert "Idempotent-Replayed" not in first.headers
    assert (202, "true") == (again.status_code, again.headers["Idempotent-Replayed"])
    for name in ("Location", "Content-Type", "Content-Length"):
        assert first.headers[name] == again.headers[name]
    assert first.content == again.content
    assert first.headers["X-Request-Id"] != again.headers["X-Request-Id"]


def test_a_repeat_is_answered_as_the_first_was_byte_for_byte(gateway: Gateway, key: str) -> None:
    first = pay(gateway, key)
    assert_replayed(first, pay(gateway, key))
    gateway.settled(first)
    assert_replayed(first, pay(gateway, key))
    # The same key, however it is written, on the same route, however it is written.
    assert_replayed(first, pay(gateway, f'"{key}"', path="/payments/"))


def test_another_request_under_the_key_is_refused_and_leaves_it_taken(gateway: Gateway, key: str) -> None:
    first = pay(gateway, key)
    before = gateway.rows(COUNTS)
    assert (422, "IdempotencyKeyReused") == refused(pay(gateway, key, amount="10.51"))
    assert (422, "IdempotencyKeyReused") == refused(pay(gateway, key, reference="order-17"))
    assert before == gateway.rows(COUNTS)
    assert_replayed(first, pay(gateway, key))


def test_a_cvv_and_the_spelling_of_a_request_do_not_tell_it_apart(gateway: Gateway, key: str) -> None:
    first = pay(gateway, key, amount=10.5)
    card = dict(reversed(order()["card"].items())) | {"cvv": "999"}
    body = json.dumps({"card": card, "currency": "EUR", "amount": 0}, indent=3)
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    again = gateway.client.post("/payments", content=body.replace(": 0", ": 1050e-2"), headers=headers)
    assert_replayed(first, again)


def test_a_key_belongs_to_its_merchant(gateway: Gateway, key: str) -> None:
    first = pay(gateway, key)
    headers = OTHER_KEY | {"Idempotency-Key": key}
    theirs = [httpx.post(f"{gateway.url}/payments", json=order(), headers=headers) for _ in range(2)]
    assert_replayed(*theirs)
    assert first.json()["jobId"] != theirs[0].json()["jobId"]


def test_a_request_that_is_refused_leaves_its_key_free(gateway: Gateway, key: str) -> None:
    before = gateway.rows(COUNTS)
    assert (400, "InvalidCardNumber") == refused(pay(gateway, key, card=order("4242424242424241")["card"]))
    assert (400, "InvalidAmount") == refused(pay(gateway, key, amount="1e999999999"))
    assert before == gateway.rows(COUNTS)
    assert_replayed(pay(gateway, key), pay(gateway, key))


@pytest.mark.parametrize("value", ["", '""', '"abc', "a, b", "x" * 256])
def test_a_key_that_is_not_valid_is_refused(value: str, gateway: Gateway) -> None:
    before = gateway.rows(COUNTS)
    assert (400, "InvalidIdempotencyKey") == refused(pay(gateway, value))
    assert before == gateway.rows(COUNTS)


@pytest.mark.parametrize("lines", [(b"a", b"a"), (b"a", b"b"), (b'"\xc3\xa9"',), (b"a\tb",)])
def test_a_header_sent_twice_or_not_in_ascii_is_refused(lines: tuple[bytes, ...], gateway: Gateway) -> None:
    before = gateway.rows(COUNTS)
    length = b"Content-Length: %d" % len(BODY)
    with connected(gateway) as connection:
        connection.sendall(post(length, *(b"Idempotency-Key: " + line for line in lines)) + BODY)
        answer = heard(connection, b"}")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"InvalidIdempotencyKey"' in answer
    assert before == gateway.rows(COUNTS)


def test_after_a_kill_and_a_restart_a_repeat_pays_nothing(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--slow-seconds", "0.5")
    killed = start_gateway(tmp_path / "pgw.db", bank.url)
    settled = pay(killed, "settled")
    killed.settled(settled)
    in_flight = pay(killed, "in flight", card=order(SLOW)["card"])
    killed.end(signal.SIGKILL)

    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    for first, again in (
        (settled, pay(gateway, "settled")),
        (in_flight, pay(gateway, "in flight", card=order(SLOW)["card"])),
    ):
        assert_replayed(first, again)
        gateway.settled(again)
    assert (422, "IdempotencyKeyReused") == refused(pay(gateway, "settled", amount="1.00"))
    assert [(2, 2)] == gateway.rows(COUNTS)
    assert 1 == len(bank.bookings(gateway.reference_of(settled.json())))
    assert len(bank.bookings(gateway.reference_of(in_flight.json()))) <= 1


def test_a_lost_secret_forgets_no_key(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    """Whether the request is the same is not to be told any more, so it is not paid again."""
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    gateway.settled(pay(gateway, "key"))
    assert 0 == gateway.end()
    (tmp_path / "pgw.db.secret").unlink()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    assert (422, "IdempotencyKeyReused") == refused(pay(gateway, "key"))
    assert [(1, 1)] == gateway.rows(COUNTS)


def test_neither_key_nor_card_nor_secret_is_to_be_found_in_database_and_log(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, "--log-level", "debug")
    gateway.settled(pay(gateway, "a-telling-key"))
    secret = (tmp_path / "pgw.db.secret").read_text().strip()
    assert 0 == gateway.end()
    written = b"".join(path.read_bytes() for path in tmp_path.glob("pgw.db*") if path.suffix != ".secret")
    for text in ("a-telling-key", "4242424242424242", secret):
        assert text.encode() not in written
        assert text not in "".join(gateway.lines)
