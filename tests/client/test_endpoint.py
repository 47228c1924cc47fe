"""Registering an endpoint for oneself, at a gateway that does what a test says."""

from __future__ import annotations

import json

import pytest
import trio

from pgw.client.address import GatewayAddress
from pgw.client.endpoint import Endpoints
from pgw.client.receiver import Reply, Request
from pgw.client.refusals import CannotGoOn
from tests.client.signing import SECRET
from tests.client.test_receiver import serving

ADDED = Reply(201, json.dumps({"endpointId": "whe_a", "secret": SECRET}).encode())


class Losing:
    """Takes each request, and loses the first answers."""

    def __init__(self, count: int) -> None:
        self._left = count
        self.came: list[Request] = []

    async def take(self, request: Request) -> Reply:
        self.came.append(request)
        self._left -= 1
        if self._left >= 0:
            raise trio.BrokenResourceError
        return ADDED


async def test_an_endpoint_whose_answer_was_lost_is_asked_for_again_under_the_same_key() -> None:
    gateway = Losing(1)
    async with serving(gateway.take) as url:
        endpoints = Endpoints(GatewayAddress.of(url), "ap_secret")
        endpoint = await endpoints.register("http://127.0.0.1:1/", None, "once_a")
    assert ("whe_a", SECRET) == (endpoint.id, endpoint.secret.shown)
    first, again = gateway.came
    assert first == again
    assert "once_a" == dict(first.headers)["idempotency-key"]


@pytest.mark.parametrize("errors", [None, 5, "x", [5], [{"pointer": {}}]])
async def test_a_refusal_of_whatever_kind_is_one_sentence(errors: object) -> None:
    async def refuse(_: Request) -> Reply:
        return Reply(400, json.dumps({"detail": "No.", "code": "X", "errors": errors}).encode())

    async with serving(refuse) as url:
        with pytest.raises(CannotGoOn, match=r"No\. \(400 X\)"):
            await Endpoints(GatewayAddress.of(url), "k").register("http://127.0.0.1:1/", None, "once_a")


async def test_one_whose_answer_is_lost_twice_is_one_sentence() -> None:
    gateway = Losing(9)
    async with serving(gateway.take) as url:
        with pytest.raises(CannotGoOn, match="The gateway is not reachable"):
            await Endpoints(GatewayAddress.of(url), "k").register("http://127.0.0.1:1/", None, "once_a")
    assert 2 == len(gateway.came)
