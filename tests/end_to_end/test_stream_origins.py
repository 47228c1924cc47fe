"""A handshake from a web page: at a gateway of its own, and behind a load balancer that ends TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.described import assert_described
from tests.end_to_end.programs import KEY, Gateway
from tests.end_to_end.streams import UPGRADE, frame, listening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.programs import Simulator

BALANCER = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "pgw.example"}


@pytest.fixture(scope="module")
def behind(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway(
        tmp_path_factory.mktemp("behind") / "pgw.db",
        simulator.url,
        *("--trusted-proxies", "127.0.0.1", "--allowed-origins", "https://shop.example"),
    )
    yield running
    running.end()


def refused(gateway: Gateway, origin: str, headers: dict[str, str]) -> httpx.Response:
    answer = httpx.get(f"{gateway.url}/jobs/stream", headers=UPGRADE | headers | {"Origin": origin})
    assert_described(answer)
    return answer


async def test_a_page_of_the_gateway_itself_opens_a_stream(gateway: Gateway) -> None:
    async with listening(gateway, key=KEY | {"Origin": gateway.url}) as stream:
        assert "stream.ready" == (await frame(stream))["type"]


@pytest.mark.parametrize("origin", ["https://pgw.example", "https://shop.example"])
async def test_so_does_one_of_the_name_that_clients_see_and_one_that_is_allowed(
    origin: str, behind: Gateway
) -> None:
    async with listening(behind, key=KEY | BALANCER | {"Origin": origin}) as stream:
        assert "stream.ready" == (await frame(stream))["type"]


@pytest.mark.parametrize("headers", [KEY, {}, {"Authorization": "Bearer x"}], ids=str)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://pgw.example", "https://shop.example/"]
)
def test_any_other_is_refused_before_the_upgrade_and_before_anything_is_made_of_its_key(
    origin: str, headers: dict[str, str], behind: Gateway
) -> None:
    answer = refused(behind, origin, headers | BALANCER)
    assert (403, "ForbiddenOrigin") == (answer.status_code, answer.json()["code"])
    assert "WWW-Authenticate" not in answer.headers
    assert origin not in answer.text


def test_the_origin_of_who_says_to_be_behind_a_proxy_that_is_not_trusted_is_foreign(gateway: Gateway) -> None:
    assert 403 == refused(gateway, "https://pgw.example", KEY | BALANCER).status_code


def test_a_plain_request_from_a_page_is_answered_as_ever(behind: Gateway) -> None:
    answer = behind.client.get("/jobs/stream", headers={"Origin": "https://evil.example"})
    assert 426 == answer.status_code
