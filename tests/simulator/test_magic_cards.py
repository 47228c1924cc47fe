"""Each magic card, as a caller of the real program sees it."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from simulator.profiles import DECLINE_CODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import PayBody, Simulator


def raw_exchange(simulator: Simulator, reference: str, body: dict[str, Any], *, answers: int = 1) -> bytes:
    """Pay over a bare socket, and read until so many answers came or the bank closed."""
    content = json.dumps(body).encode()
    head = f"POST /payments HTTP/1.1\r\nHost: bank\r\nIdempotency-Key: {reference}\r\n"
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as connection:
        connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        received = b""
        while received.count(b"}\n") < answers and (part := connection.recv(65_536)):
            received += part
        return received


def look_up_until(simulator: Simulator, reference: str, wanted: Callable[[Any], bool]) -> Any:
    """Look up again and again: each call gives the bank its turn."""
    for _ in range(5_000):
        if wanted(found := simulator.client.get(f"/payments/{reference}").json()):
            return found
    pytest.fail(f"the look-up never told what was wanted of {reference}")


def closed_without_a_byte(simulator: Simulator, reference: str, body: dict[str, Any]) -> bool:
    return raw_exchange(simulator, reference, body) == b""


@pytest.mark.parametrize(
    "card",
    ["4242424242424242", "5555555555554444", "378282246310005", "4111111111111111", "4012888888881881"],
)
def test_good_cards_are_approved(card: str, simulator: Simulator, pay_body: PayBody) -> None:
    answer = simulator.pay(f"good-{card[-4:]}", pay_body(card))
    assert answer.status_code == 200
    fields = answer.json()
    assert len(fields.pop("authorization_code")) == 36
    assert fields == {"authorized": True, "reference": f"good-{card[-4:]}"}


@pytest.mark.parametrize(("card", "code"), DECLINE_CODES.items())
def test_bad_cards_are_declined_and_booked(
    card: str, code: str, simulator: Simulator, pay_body: PayBody
) -> None:
    answer = simulator.pay(code, pay_body(card))
    expected = {"authorized": False, "authorization_code": "", "decline_code": code, "reference": code}
    assert (200, expected) == (answer.status_code, answer.json())
    [booking] = simulator.bookings(code)
    assert (booking["decline_code"], booking["captured_amount"]) == (code, 0)


def test_the_slow_card_is_approved_late_and_is_pending_meanwhile(
    simulator: Simulator, pay_body: PayBody
) -> None:
    content = json.dumps(pay_body("4000009900000012")).encode()
    head = b"POST /payments HTTP/1.1\r\nHost: bank\r\nIdempotency-Key: slow\r\nContent-Length: %d\r\n\r\n"
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as connection:
        connection.sendall(head % len(content) + content)
        assert look_up_until(simulator, "slow", lambda found: found != {"found": False}) == {"pending": True}
        assert simulator.bookings("slow") == []
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(simulator.bookings("slow")) == 1


def test_the_slow_card_is_booked_though_its_caller_leaves(simulator: Simulator, pay_body: PayBody) -> None:
    with pytest.raises(httpx.ReadTimeout):
        simulator.client.post(
            "/payments",
            json=pay_body("4000009900000012"),
            headers={"Idempotency-Key": "slow-and-left"},
            timeout=0.05,
        )
    look_up = look_up_until(simulator, "slow-and-left", lambda found: found != {"pending": True})
    assert look_up["authorized"] is True
    assert len(simulator.bookings("slow-and-left")) == 1


def test_the_hanging_card_never_answers_and_is_not_booked(simulator: Simulator, pay_body: PayBody) -> None:
    with pytest.raises(httpx.ReadTimeout):
        simulator.client.post(
            "/payments",
            json=pay_body("4000009900000020"),
            headers={"Idempotency-Key": "hang"},
            timeout=0.1,
        )
    look_up = look_up_until(simulator, "hang", lambda found: found != {"pending": True})
    assert look_up == {"found": False}
    assert simulator.bookings("hang") == []


def test_the_lost_answer_is_booked_and_known_to_a_look_up(simulator: Simulator, pay_body: PayBody) -> None:
    assert closed_without_a_byte(simulator, "lost", pay_body("4000009900000038"))
    [booking] = simulator.bookings("lost")
    look_up = simulator.client.get("/payments/lost").json()
    assert look_up["authorized"] is True
    assert booking["authorization_code"] == look_up["authorization_code"]


def test_the_card_booked_then_500(simulator: Simulator, pay_body: PayBody) -> None:
    assert simulator.pay("error", pay_body("4000009900000046")).status_code == 500
    assert len(simulator.bookings("error")) == 1


def test_the_card_that_answers_twice_is_booked_once(simulator: Simulator, pay_body: PayBody) -> None:
    received = raw_exchange(simulator, "twice", pay_body("4000009900000053"), answers=2)
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2
    first, second = received.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first == second
    assert len(simulator.bookings("twice")) == 1


def test_the_card_that_is_unavailable_twice(simulator: Simulator, pay_body: PayBody) -> None:
    body = pay_body("4000009900000061")
    assert [simulator.pay("again", body).status_code for _ in range(3)] == [503, 503, 200]
    [booking] = simulator.bookings("again")
    assert booking["submissions"] == 3


def test_the_refused_card_is_closed_on_and_never_seen(simulator: Simulator, pay_body: PayBody) -> None:
    assert closed_without_a_byte(simulator, "refused", pay_body("4000009900000079"))
    look_up = simulator.client.get("/payments/refused")
    assert (look_up.status_code, look_up.json()) == (404, {"found": False})
    assert simulator.bookings("refused") == []


def test_the_garbage_card_is_booked_and_answers_no_json(simulator: Simulator, pay_body: PayBody) -> None:
    answer = simulator.pay("garbage", pay_body("4000009900000087"))
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert len(simulator.bookings("garbage")) == 1


def test_the_half_answer_ends_within_its_body(simulator: Simulator, pay_body: PayBody) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        simulator.pay("half", pay_body("4000009900000095"))
    assert len(simulator.bookings("half")) == 1


def test_a_mistyped_card_is_malformed(simulator: Simulator, pay_body: PayBody) -> None:
    answer = simulator.pay("mistyped", pay_body("4242424242424241"))
    expected = {"error_message": "card_number: fails the Luhn check"}
    assert (400, expected) == (answer.status_code, answer.json())


def test_the_delayed_card_is_closed_on_at_once_never_seen_and_then_booked(
    simulator: Simulator, pay_body: PayBody
) -> None:
    assert closed_without_a_byte(simulator, "delayed", pay_body("4000009900000103"))
    assert simulator.client.get("/payments/delayed").json() == {"found": False}
    assert simulator.bookings("delayed") == []
    assert look_up_until(simulator, "delayed", lambda found: found != {"found": False})["authorized"] is True
    assert len(simulator.bookings("delayed")) == 1
