"""Whatever is wrong in what was received, the judge tells; what is sound it leaves alone."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from tests.webhook_torture.evidence import Event, Evidence, Received, Stored
from tests.webhook_torture.judge import findings_of
from tests.webhook_torture.world import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOW = int(time.time() * 1000)
SECRET = "whsec_" + base64.b64encode(b"a secret of two endpoints, no more").decode()
TROUBLED = Endpoint("/troubled", "whe_a", SECRET, None)
HEALTHY = Endpoint("/healthy", "whe_b", SECRET, ("job.completed",))


def event(seq: int, kind: str, payment: str) -> Event:
    document = {"type": kind, "data": {"sequence": seq, "payment": {"paymentId": payment}}}
    return Event(seq, kind, NOW, payment, f"killed {payment}", document)


EVENTS = {
    1: event(1, "job.created", "p"),
    2: event(2, "job.created", "q"),
    3: event(3, "job.completed", "p"),
    4: event(4, "job.completed", "q"),
}


def request(seq: int, status: int | None, *, endpoint: Endpoint = TROUBLED, **changes: Any) -> Received:
    """Return a try of the event, signed as it should be once all changes are made."""
    body = json.dumps(EVENTS[seq].document)
    made = Received(
        place=0,
        path=endpoint.path,
        at=NOW,
        id=f"whd_{seq}_{endpoint.id}",
        timestamp=str(NOW // 1000),
        signature="",
        content_type="application/json",
        body=body,
        status=status,
    )
    made = evolve(made, **changes)
    signed = f"{made.id}.{made.timestamp}.{made.body}".encode()
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return made if "signature" in changes else evolve(made, signature=f"v1,{signature}")


def stored(seq: int, *statuses: int | None, endpoint: Endpoint = TROUBLED) -> Stored:
    tries = [(number, status) for number, status in enumerate(statuses, 1)]
    return Stored(seq, endpoint.id, "Delivered", len(tries), tries)


def received(*requests: Received) -> Sequence[Received]:
    return [evolve(one, place=place) for place, one in enumerate(requests)]


def sound() -> Evidence:
    """Return a run in which event 1 failed and hung first; a kill cut off a try of event 4."""
    return Evidence(
        endpoints=[TROUBLED, HEALTHY],
        events=EVENTS,
        deliveries=[
            stored(1, 500, None, 200),
            stored(2, 200),
            stored(3, 200),
            stored(4, 429, 200),
            stored(3, 200, endpoint=HEALTHY),
            stored(4, 200, endpoint=HEALTHY),
        ],
        requests=received(
            request(1, 500),
            request(2, 200),
            request(4, 429, at=NOW - 21_500, timestamp=str(NOW // 1000 - 21)),
            request(1, None),
            request(3, 200, endpoint=HEALTHY),
            request(1, 200),
            request(4, 200, at=NOW - 20_000, timestamp=str(NOW // 1000 - 20)),
            request(4, 200, endpoint=HEALTHY),
            request(3, 200),
            request(4, 200),
        ),
        malformed=[],
        accepted=frozenset({"killed p", "killed q"}),
        kills=[NOW - 20_000 + 300],
        bugs=[],
    )


def with_requests(evidence: Evidence, change: Callable[[list[Received]], object]) -> Evidence:
    requests = list(evidence.requests)
    change(requests)
    return evolve(evidence, requests=received(*requests))


def swapped(evidence: Evidence, first: int, second: int) -> Evidence:
    def swap(requests: list[Received]) -> None:
        requests[first], requests[second] = requests[second], requests[first]

    return with_requests(evidence, swap)


def replaced(evidence: Evidence, number: int, one: Received) -> Evidence:
    return with_requests(evidence, lambda requests: requests.__setitem__(number, one))


def with_delivery(evidence: Evidence, number: int, one: Stored) -> Evidence:
    deliveries = list(evidence.deliveries)
    deliveries[number] = one
    return evolve(evidence, deliveries=deliveries)


FOREIGN = json.dumps({**EVENTS[1].document, "type": "job.failed"})
UNKNOWN = json.dumps({"type": "job.created", "data": {"sequence": 9}})
WRONG: dict[str, Callable[[Evidence], Evidence]] = {
    "/troubled: 3 (job.completed) is lost": lambda run: with_requests(run, lambda all_: all_.pop(8)),
    "/healthy: 3 (job.completed) is lost": lambda run: with_requests(run, lambda all_: all_.pop(4)),
    "3 was sent before 1 of the same payment": lambda run: swapped(run, 5, 8),
    "4 was sent before 2 of the same payment": lambda run: swapped(run, 1, 2),
    "where the log says": lambda run: replaced(run, 1, request(2, 200, body=FOREIGN.replace("1", "2"))),
    "has another body than": lambda run: replaced(run, 3, request(1, None, body=FOREIGN)),
    "tells what the log does not hold": lambda run: with_requests(
        run, lambda all_: all_.append(request(1, 200, id="whd_9", body=UNKNOWN))
    ),
    "/healthy: whd_1_whe_b tells what the log": lambda run: with_requests(
        run, lambda all_: all_.append(request(1, 200, endpoint=HEALTHY))
    ),
    "whd_2 tells what the log": lambda run: replaced(run, 1, request(2, 200, id="whd_2", body="[]")),
    "is told as whd_1_whe_a and as whd_x": lambda run: replaced(run, 3, request(1, None, id="whd_x")),
    "has the signature": lambda run: replaced(run, 8, request(3, 200, signature="v1,bm8=")),
    "the package refuses": lambda run: replaced(run, 8, request(3, 200, signature="v1,bm8=")),
    "has the timestamp": lambda run: replaced(run, 8, request(3, 200, timestamp=str(NOW // 1000 - 60))),
    "has the content type": lambda run: replaced(run, 8, request(3, 200, content_type="text/plain")),
    "1 has tries that were not written down": lambda run: with_delivery(run, 0, stored(1, 500, 200)),
    "4 has tries that were not written down": lambda run: evolve(run, kills=[NOW + 60_000]),
    "1 has tries that were not received": lambda run: with_requests(run, lambda all_: all_.pop(0)),
    "2 has tries that were not received": lambda run: with_delivery(run, 1, stored(2, 204)),
    "1 was tried again after it was delivered": lambda run: replaced(
        with_delivery(run, 0, stored(1, 200, None, 200)), 0, request(1, 200)
    ),
    "2 is delivered by a try that did not": lambda run: with_delivery(run, 1, stored(2, None)),
    "has the tries [1, 2, 4]": lambda run: with_delivery(
        run, 0, evolve(stored(1, 500, None, 200), tries=[(1, 500), (2, None), (4, 200)])
    ),
    "4 was tried again 100 ms after": lambda run: replaced(
        evolve(run, kills=[]), 2, request(4, 429, at=NOW - 20_100, timestamp=str(NOW // 1000 - 20))
    ),
    "2 (job.created) is Pending": lambda run: with_delivery(run, 1, evolve(stored(2, 200), status="Pending")),
    "2 (job.created) has no delivery": lambda run: evolve(
        run, deliveries=[*run.deliveries[:1], *run.deliveries[2:]]
    ),
    "/healthy: 1 has a delivery and is not": lambda run: evolve(
        run, deliveries=[*run.deliveries, stored(1, endpoint=HEALTHY)]
    ),
    "killed r was accepted, and": lambda run: evolve(run, accepted=run.accepted | {"killed r"}),
    "killed q was accepted, and": lambda run: evolve(
        run, events={seq: one for seq, one in EVENTS.items() if seq != 4}
    ),
    "is malformed": lambda run: evolve(run, malformed=["no length"]),
    "logged a bug": lambda run: evolve(run, bugs=["ActorCrashed"]),
}


def test_what_is_sound_has_no_findings() -> None:
    assert [] == list(findings_of(sound()))


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_is_found(sentence: str) -> None:
    findings = list(findings_of(WRONG[sentence](sound())))
    assert [finding for finding in findings if sentence in finding], findings
