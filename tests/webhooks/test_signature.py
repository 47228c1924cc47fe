"""Signatures, verified by the packages of the standard that merchants use, and by its own example."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from attrs import asdict, evolve, frozen
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


Verify = Callable[[Sequence[Received]], list[object]]


def by_python(webhooks: Sequence[Received]) -> list[object]:
    return [_by_python(one) for one in webhooks]


def _by_python(webhook: Received) -> object:
    try:
        payload = Webhook(webhook.secret).verify(webhook.body, webhook.headers)
    except WebhookVerificationError:
        return REFUSED
    return {"payload": payload}


def by_node(webhooks: Sequence[Received]) -> list[object]:
    verified: list[object] = json.loads(run_node("verify.mjs", json.dumps([asdict(one) for one in webhooks])))
    return verified


by_each_package = pytest.mark.parametrize("verify", [by_python, by_node])
ACCEPTED = {"payload": json.loads(BODY)}
REFUSED = {"refused": "WebhookVerificationError"}


def received(request: Request, version: int) -> Received:
    return Received(SECRETS.shown(ENDPOINT_ID, version), request.headers, request.body.decode())


@by_each_package
async def test_what_was_received_is_verified_and_nothing_that_was_changed(
    verify: Verify, start_endpoint: StartEndpoint
) -> None:
    raw = await start_endpoint(says(answer()))
    endpoint = an_endpoint(f"http://127.0.0.1:{raw.port}/")
    await a_sender().send(endpoint, due_at(endpoint))
    good = received(raw.requests[0], 1)
    sent_at, key = int(good.headers["webhook-timestamp"]), good.secret
    changed = [
        evolve(good, body=good.body.replace("completed", "failed")),
        good.with_header("webhook-id", good.headers["webhook-id"] + "a"),
        good.with_header("webhook-timestamp", str(sent_at - 1)),
        evolve(good, secret=SECRETS.shown(ENDPOINT_ID, 2)),
        evolve(good, secret=PREFIX + base64.b64encode(b"x" + base64.b64decode(key[6:])[1:]).decode()),
    ]
    assert [ACCEPTED, *[REFUSED] * len(changed)] == verify([good, *changed])


@by_each_package
async def test_each_of_two_secrets_verifies_while_the_one_before_is_valid(
    verify: Verify, start_endpoint: StartEndpoint
) -> None:
    raw = await start_endpoint(says(answer()))
    now = SystemClock().now()
    rotated = an_endpoint(f"http://127.0.0.1:{raw.port}/").rotated(now).rotated(now)
    await a_sender().send(rotated, due_at(rotated))
    request = raw.requests[0]
    by_version = [received(request, version) for version in (1, 2, 3, 4)]
    assert [REFUSED, ACCEPTED, ACCEPTED, REFUSED] == verify(by_version)
    assert [REFUSED] * 4 == verify([evolve(one, body=one.body + " ") for one in by_version])
    keys = [SECRETS.key(ENDPOINT_ID, version) for version in (3, 2)]
    signed = [request.headers[f"webhook-{name}"] for name in ("id", "timestamp")]
    in_this_order = signature(signed[0], int(signed[1]), BODY, keys)
    assert in_this_order == request.headers["webhook-signature"]


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
