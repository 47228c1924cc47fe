"""Signatures, verified by the packages of the standard that merchants use, and by its own example."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve, frozen
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from pgw.ports import SystemClock
from pgw.webhooks.secrets import PREFIX
from pgw.webhooks.signature import signature
from tests.merchants import WallClock
from tests.nodejs import run_node
from tests.webhooks.conftest import StartEndpoint
from tests.webhooks.raw_endpoint import Request, answer, says
from tests.webhooks.scene import BODY, ENDPOINT_ID, SECRETS, a_sender, an_endpoint, due_at


@frozen
class Received:
    """A webhook as an endpoint has it, and the secret that it is verified with."""

    secret: str
    headers: dict[str, str]
    body: str

    def with_header(self, name: str, value: str) -> "Received":
        return evolve(self, headers=self.headers | {name: value})


def by_python(received: Received) -> object:
    try:
        payload = Webhook(received.secret).verify(received.body, received.headers)
    except WebhookVerificationError:
        return {"refused": "WebhookVerificationError"}
    return {"payload": payload}


def verified(*received: Received) -> list[object]:
    """Return what the Python package makes of each, which is what the Node.js package makes of it."""
    given = [{"secret": one.secret, "headers": one.headers, "body": one.body} for one in received]
    by_node = json.loads(run_node("verify.mjs", json.dumps(given)))
    by_both = [by_python(one) for one in received]
    assert by_both == by_node
    return by_both


ACCEPTED = {"payload": json.loads(BODY)}
REFUSED = {"refused": "WebhookVerificationError"}


def received(request: Request, version: int) -> Received:
    return Received(SECRETS.shown(ENDPOINT_ID, version), request.headers, request.body.decode())


async def test_both_packages_verify_what_was_received_and_nothing_that_was_changed(
    start_endpoint: StartEndpoint,
) -> None:
    raw = await start_endpoint(says(answer()))
    endpoint = an_endpoint(f"http://127.0.0.1:{raw.port}/")
    await a_sender().send(endpoint, due_at(endpoint))
    good = received(raw.requests[0], 1)
    sent_at, key = int(good.headers["webhook-timestamp"]), good.secret
    assert [ACCEPTED, *[REFUSED] * 5] == verified(
        good,
        evolve(good, body=good.body.replace("completed", "failed")),
        good.with_header("webhook-id", good.headers["webhook-id"] + "a"),
        good.with_header("webhook-timestamp", str(sent_at - 1)),
        evolve(good, secret=SECRETS.shown(ENDPOINT_ID, 2)),
        evolve(good, secret=PREFIX + base64.b64encode(b"x" + base64.b64decode(key[6:])[1:]).decode()),
    )


async def test_both_packages_verify_with_each_of_two_secrets_while_the_one_before_is_valid(
    start_endpoint: StartEndpoint,
) -> None:
    raw = await start_endpoint(says(answer()))
    now = SystemClock().now()
    rotated = an_endpoint(f"http://127.0.0.1:{raw.port}/").rotated(now).rotated(now)
    await a_sender().send(rotated, due_at(rotated))
    request = raw.requests[0]
    assert [REFUSED, ACCEPTED, ACCEPTED, REFUSED] == verified(
        *[received(request, version) for version in (1, 2, 3, 4)]
    )
    keys = [SECRETS.key(ENDPOINT_ID, version) for version in (3, 2)]
    signed = [request.headers[f"webhook-{name}"] for name in ("id", "timestamp")]
    in_this_order = signature(signed[0], int(signed[1]), BODY, keys)
    assert in_this_order == request.headers["webhook-signature"]
    changed = evolve(received(request, 2), body=request.body.decode() + " ")
    assert [REFUSED, REFUSED] == verified(changed, evolve(changed, secret=SECRETS.shown(ENDPOINT_ID, 3)))


async def test_one_secret_signs_once_the_overlap_is_over(start_endpoint: StartEndpoint) -> None:
    raw = await start_endpoint(says(answer()))
    clock = WallClock()
    rotated = an_endpoint(f"http://127.0.0.1:{raw.port}/").rotated(clock.now(), timedelta(hours=1))
    for minutes in (59, 1):
        clock.pass_by(minutes=minutes)
        await a_sender(clock=clock).send(rotated, due_at(rotated))
    both, only_new = [request.headers["webhook-signature"].split(" ") for request in raw.requests]
    assert [2, 1] == [len(both), len(only_new)]


async def test_the_id_is_the_same_at_every_try_and_the_timestamp_is_the_try_s(
    start_endpoint: StartEndpoint,
) -> None:
    raw = await start_endpoint(says(answer()))
    endpoint = an_endpoint(f"http://127.0.0.1:{raw.port}/")
    clock, due = WallClock(), due_at(endpoint)
    for _ in range(2):
        await a_sender(clock=clock).send(endpoint, due)
        clock.pass_by(seconds=300, milliseconds=900)
    ids = [request.headers["webhook-id"] for request in raw.requests]
    times = [int(request.headers["webhook-timestamp"]) for request in raw.requests]
    assert [due.delivery.key.id] * 2 == ids
    assert datetime(2026, 11, 1, 8, 0, 0, tzinfo=UTC).timestamp() == times[0]
    assert 301 == times[1] - times[0]


@pytest.mark.parametrize("version", [1, 2])
def test_the_signature_is_that_of_the_standard_s_own_example(version: int) -> None:
    """From the specification's repository, whose packages all have it in their tests."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [key] * version)
    assert " ".join(["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="] * version) == said


def test_a_secret_is_as_long_as_the_standard_asks_for() -> None:
    shown = SECRETS.shown(ENDPOINT_ID, 1)
    assert shown.startswith(PREFIX)
    assert 24 <= len(base64.b64decode(shown.removeprefix(PREFIX))) <= 64
