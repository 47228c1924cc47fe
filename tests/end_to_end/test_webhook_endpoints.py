"""Webhook endpoints of a real gateway: with real keys, real files, and many callers at once."""

from __future__ import annotations

import json
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pgw.domain.merchant import Scope
from tests.described import assert_described, is_replayed
from tests.end_to_end.commands import pgw
from tests.end_to_end.hooks import a_url, add
from tests.end_to_end.programs import KEY, OTHER_KEY, Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Simulator

AT_ONCE = 16
LOCAL = "http://127.0.0.1:1/hooks"


@pytest.fixture(scope="module")
def local(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Return a gateway that sends to this machine too, as for development. Nothing listens there."""
    database = tmp_path_factory.mktemp("local") / "pgw.db"
    running = Gateway(database, simulator.url, "--webhook-allow-private", "--log-level", "debug")
    yield running
    running.end()


def deliveries(gateway: Gateway, **wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway.client.get("/webhook-deliveries", params=wanted).json()["data"]
    return found


def test_events_are_to_be_delivered_and_can_be_sent_again(local: Gateway) -> None:
    endpoint = add(local.client, LOCAL, description="This machine").json()
    job = local.settled(local.pay())
    found = deliveries(local, paymentId=job["paymentId"])
    assert [("job.completed", endpoint["endpointId"]), ("job.created", endpoint["endpointId"])] == [
        (one["type"], one["endpointId"]) for one in found
    ]
    answer = local.client.post(f"/webhook-deliveries/{found[0]['deliveryId']}/redeliver")
    assert (202, "Pending") == (answer.status_code, answer.json()["status"])
    followed = local.client.get(answer.headers["Location"]).json()
    assert found[0]["deliveryId"] == followed["deliveryId"]
    others = httpx.get(f"{local.url}/webhook-deliveries", headers=OTHER_KEY)
    assert_described(others)
    assert {"data": []} == others.json()
    disabled = local.client.patch(answer_of(endpoint), json={"status": "Disabled"}).json()
    assert "Disabled" == disabled["status"]
    assert 409 == local.client.post(f"{answer.headers['Location']}/redeliver").status_code
    assert 204 == local.client.delete(answer_of(endpoint)).status_code
    assert [] == deliveries(local, paymentId=job["paymentId"])


def answer_of(endpoint: dict[str, Any]) -> str:
    return f"/webhook-endpoints/{endpoint['endpointId']}"


@pytest.mark.parametrize("url", [LOCAL, "https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://a/"])
def test_what_is_not_public_is_refused_unless_the_operator_allows_it(
    url: str, gateway: Gateway, local: Gateway
) -> None:
    refused = add(gateway.client, url)
    assert (400, "InvalidUrl", "#/url") == (
        refused.status_code,
        refused.json()["code"],
        refused.json()["errors"][0]["pointer"],
    )
    allowed = add(local.client, url)
    assert 201 == allowed.status_code
    assert 204 == local.client.delete(allowed.headers["Location"]).status_code


def test_an_answer_is_given_again_byte_for_byte_by_the_next_process(
    simulator: Simulator, start_gateway: StartGateway, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its secret with it, which is derived again from the gateway's own."""
    database, url = tmp_path_factory.mktemp("again") / "pgw.db", a_url()
    under = {"Idempotency-Key": "hooks"}
    running = start_gateway(database, simulator.url)
    first = add(running.client, url, under)
    rotated = running.client.post(
        f"{first.headers['Location']}/rotate-secret", headers={"Idempotency-Key": "r"}
    )
    running.end(signal.SIGKILL)
    running = start_gateway(database, simulator.url)
    again = add(running.client, url, under)
    assert (201, first.content, True) == (again.status_code, again.content, is_replayed(again))
    assert first.headers["Location"] == again.headers["Location"]
    twice = running.client.post(
        f"{first.headers['Location']}/rotate-secret", headers={"Idempotency-Key": "r"}
    )
    assert (200, rotated.content, True) == (twice.status_code, twice.content, is_replayed(twice))
    secret = first.json()["secret"].removeprefix("whsec_")
    assert 3 == len({secret, first.content, rotated.content})
    for file in database.parent.iterdir():
        assert file.is_socket() or secret.encode() not in file.read_bytes(), file


def test_of_many_at_once_under_one_key_exactly_one_takes_place(local: Gateway) -> None:
    url = a_url()

    def ask(number: int) -> tuple[int, bool, str]:
        path, document = ("/webhook-endpoints", {"url": url})
        with httpx.Client(
            base_url=local.url, headers=KEY | {"Idempotency-Key": "race"}, timeout=30
        ) as client:
            answer = client.post(path, json=document if number % 4 else document | {"description": "other"})
        assert_described(answer)
        return answer.status_code, is_replayed(answer), answer.text

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(ask, range(AT_ONCE)))
    counted = Counter((status, again) for status, again, _ in answers)
    assert 1 == counted[201, False]
    # The other request is refused, or is the one that takes place.
    assert counted in (
        Counter({(201, False): 1, (201, True): 11, (422, False): 4}),
        Counter({(201, False): 1, (201, True): 3, (422, False): 12}),
    )
    added = [text for status, _, text in answers if status == 201]
    assert 1 == len(set(added))
    assert 204 == local.client.delete(answer_of(json.loads(added[0]))).status_code


def test_a_secret_is_in_no_log(local: Gateway) -> None:
    added = add(local.client)
    local.request_log(added.headers["X-Request-Id"])
    answered = local.wait_for_line('"AnswerBody"', added.headers["X-Request-Id"])
    assert '\\"secret\\":\\"[redacted]\\"' in answered
    secret = added.json()["secret"].removeprefix("whsec_")
    assert [] == [line for line in local.lines if secret in line]
    assert 204 == local.client.delete(added.headers["Location"]).status_code


def test_a_key_is_made_for_webhooks_too_unless_it_is_made_for_less(local: Gateway) -> None:
    (shop,) = pgw("merchants", "add", "Shop", "--json", database=local.database).documents

    def status(*options: str) -> int:
        (made,) = pgw(
            "keys", "create", shop["merchantId"], "--json", *options, database=local.database
        ).documents
        headers = {"Authorization": f"Bearer {made['key']}"}
        answer = httpx.post(f"{local.url}/webhook-endpoints", json={"url": a_url()}, headers=headers)
        assert_described(answer)
        return answer.status_code

    assert 201 == status()
    assert 201 == status("--scope", str(Scope.WEBHOOKS_WRITE))
    others = [one for scope in Scope if scope is not Scope.WEBHOOKS_WRITE for one in ("--scope", str(scope))]
    assert 403 == status(*others)
