"""Fifty requests under one key at the same moment, each on a socket of its own: one payment."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.programs import order
from tests.end_to_end.sockets import connected, post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.end_to_end.programs import Gateway, Simulator

AT_ONCE = 50
ROUNDS = 5
IN_USE, REUSED = "IdempotencyKeyInUse", "IdempotencyKeyReused"


def answers_to(gateway: Gateway, key: str, documents: Sequence[dict[str, Any]]) -> list[tuple[int, str, str]]:
    """Send each document on its own connection; return each one's status, head and body."""
    requests = []
    for document in documents:
        body = json.dumps(document).encode()
        length = b"Content-Length: %d" % len(body)
        requests.append(post(length, b"Idempotency-Key: " + key.encode(), b"Connection: close") + body)
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(gateway)) for _ in requests]
        for connection, request in zip(connections, requests, strict=True):
            connection.sendall(request[:-1])
        for connection, request in zip(connections, requests, strict=True):
            connection.sendall(request[-1:])
        answers = [stack.enter_context(one.makefile("rb")).read().decode() for one in connections]
    found = []
    for answer in answers:
        head, _, text = answer.partition("\r\n\r\n")
        found.append((int(head.split()[1]), head.lower(), text))
    return found


def kinds(answers: Sequence[tuple[int, str, str]]) -> Counter[str]:
    """Count first answers, replays, and refusals by their codes; hold that each has its form."""
    counted: Counter[str] = Counter()
    for status, head, body in answers:
        code = json.loads(body).get("code")
        assert {None: 202, IN_USE: 409, REUSED: 422}[code] == status
        assert ("retry-after: 1" in head) == (code == IN_USE)
        replayed = "idempotent-replayed: true" in head
        counted[code or ("replayed" if replayed else "first")] += 1
    return counted


@pytest.mark.parametrize("number", range(ROUNDS))
def test_of_fifty_equal_requests_one_pays_and_the_others_hear_of_it(
    number: int, gateway: Gateway, simulator: Simulator
) -> None:
    key, request = f"equal {number}", order(reference=f"equal {number}")
    answers = answers_to(gateway, key, [request] * AT_ONCE)
    counted = kinds(answers)
    assert (1, AT_ONCE) == (counted["first"], counted.total())
    assert 0 == counted[REUSED]
    # One that was told to wait is answered now, as all that were answered before.
    (later,) = answers_to(gateway, key, [request])
    assert Counter(replayed=1) == kinds([later])
    (body,) = {body for status, _, body in [*answers, later] if status == 202}
    ((job_id,),) = gateway.rows(
        "SELECT jobs.id FROM jobs JOIN payments ON payments.id = payment_id WHERE reference = ?", key
    )
    job = json.loads(body)
    assert job_id == job["jobId"]
    wait = gateway.client.get(f"/jobs/{job_id}", headers={"Prefer": "wait=10"}).json()
    assert "Approved" == wait["paymentStatus"]
    assert 1 == len(simulator.bookings(gateway.reference_of(job)))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_of_fifty_different_requests_under_one_key_one_pays(number: int, gateway: Gateway) -> None:
    key = f"different {number}"
    requests = [order(reference=f"{key}/{position}") for position in range(AT_ONCE)]
    answers = answers_to(gateway, key, requests)
    counted = kinds(answers)
    assert (1, AT_ONCE) == (counted["first"], counted[IN_USE] + counted[REUSED] + counted["first"])
    (winner,) = [position for position, (status, _, _) in enumerate(answers) if status == 202]
    rows = gateway.rows("SELECT reference FROM payments WHERE reference LIKE ?", f"{key}/%")
    assert [(f"{key}/{winner}",)] == rows
    for position in (winner, winner - 1):
        ((status, _, _),) = answers_to(gateway, key, [requests[position]])
        assert (202 if position == winner else 422) == status
