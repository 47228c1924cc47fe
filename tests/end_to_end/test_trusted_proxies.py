"""Behind a load balancer: 127.0.0.1 is one that is trusted, 127.0.0.2 is anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.end_to_end.programs import KEY, Gateway, order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.programs import Simulator

WRONG = {"Authorization": "Bearer wrong"}
FORGED = {
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=192.0.2.7;proto=https;host=evil.example",
}


@pytest.fixture(scope="module")
def behind(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway(
        tmp_path_factory.mktemp("behind") / "pgw.db",
        simulator.url,
        *("--trusted-proxies", "127.0.0.1,10.0.0.0/8,2001:db8:1::/48"),
        *("--failed-authentication-limit", "1"),
    )
    yield running
    running.end()


@pytest.fixture
def balancer(behind: Gateway) -> Iterator[httpx.Client]:
    yield from client_at("127.0.0.1", behind)


@pytest.fixture
def anybody(behind: Gateway) -> Iterator[httpx.Client]:
    yield from client_at("127.0.0.2", behind)


def client_at(address: str, gateway: Gateway) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(transport=transport, base_url=gateway.url, timeout=20) as client:
        yield client


def logged_client(gateway: Gateway, answer: httpx.Response) -> str | None:
    address: str | None = gateway.request_log(answer.headers["X-Request-Id"])["ClientAddress"]
    return address


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({}, "127.0.0.1"),
        ({"X-Forwarded-For": "192.0.2.7"}, "192.0.2.7"),
        ({"X-Forwarded-For": "1.1.1.1, 192.0.2.7, 10.0.0.2"}, "192.0.2.7"),
        ({"Forwarded": 'for=1.1.1.1, for="[2001:4860:4860::8888]:443"'}, "2001:4860:4860::8888"),
        ({"X-Forwarded-For": "nobody"}, "127.0.0.1"),
        (FORGED, "192.0.2.7"),
    ],
)
def test_the_log_names_the_client_that_the_balancer_tells_of(
    headers: dict[str, str], client: str, balancer: httpx.Client, behind: Gateway
) -> None:
    assert client == logged_client(behind, balancer.get("/jobs/job_x", headers=KEY | headers))


def test_the_same_words_of_anybody_else_change_neither_log_nor_answer(
    anybody: httpx.Client, behind: Gateway
) -> None:
    plain = anybody.get("/jobs/job_x", headers=KEY)
    forged = anybody.get("/jobs/job_x", headers=KEY | FORGED)
    assert "127.0.0.2" == logged_client(behind, plain) == logged_client(behind, forged)
    apart = {"requestId", "date"}
    first, second = ({k: v for k, v in one.json().items() if k not in apart} for one in (plain, forged))
    assert first == second
    assert plain.headers.keys() == forged.headers.keys()


def test_links_lead_where_they_did(anybody: httpx.Client) -> None:
    accepted = anybody.post("/payments", headers=KEY | FORGED, json=order())
    assert f"/jobs/{accepted.json()['jobId']}" == accepted.headers["Location"]
    assert "evil.example" not in str(accepted.headers) + accepted.text


def test_failures_are_counted_for_the_client_and_not_for_the_balancer(balancer: httpx.Client) -> None:
    def fail(client: str) -> int:
        return balancer.get("/jobs/x", headers=WRONG | {"X-Forwarded-For": client}).status_code

    statuses = [fail("192.0.2.50") for _ in range(120)]
    assert 401 == statuses[0]
    assert {401, 429} == set(statuses)
    assert 401 == fail("192.0.2.51")
    assert 401 == balancer.get("/jobs/x", headers=WRONG).status_code


def test_a_forged_address_does_not_get_anybody_round_the_limit(anybody: httpx.Client) -> None:
    def fail(number: int) -> int:
        forged = {"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"}
        return anybody.get("/jobs/x", headers=WRONG | forged).status_code

    assert {401, 429} == {fail(number) for number in range(120)}
    assert 404 == anybody.get("/jobs/x", headers=KEY).status_code
