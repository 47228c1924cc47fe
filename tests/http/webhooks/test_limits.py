"""The routes of webhooks are counted as all others are, and never as payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from pgw.http.app import make_app
from pgw.http.throttle import SECONDS_OF_BURST, make_throttle
from tests.http.hand_clock import HandClock
from tests.http.webhooks.shop import OTHER_KEY
from tests.http.webhooks.test_scopes import OF_WEBHOOKS

if TYPE_CHECKING:
    from tests.http.webhooks.shop import Shop


async def test_a_merchant_who_asks_too_often_is_refused_on_each_route(shop: Shop) -> None:
    limited = evolve(shop, app=make_app(shop.parts, throttle=make_throttle(HandClock(), 1, 1)))
    for _ in range(SECONDS_OF_BURST):
        assert 200 == (await limited.ask("GET", "/webhook-endpoints")).status
    for method, path in OF_WEBHOOKS:
        answer = await limited.ask(method, path, {})
        assert (429, "RateLimited", True) == (answer.status, answer.code, "retry-after" in answer.headers)
    assert 200 == (await limited.ask("GET", "/webhook-endpoints", key=OTHER_KEY)).status


async def test_none_of_them_is_a_payment_in_flight(shop: Shop) -> None:
    await shop.add()
    assert 0 == shop.parts.gateway.in_flight
    before = await shop.storage.last_seq("mer_a")
    await shop.ask("POST", "/webhook-endpoints", {"url": shop.a_url()}, idempotency_key="k")
    assert (0, before) == (shop.parts.gateway.in_flight, await shop.storage.last_seq("mer_a"))
