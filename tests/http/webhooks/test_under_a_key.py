"""What is accepted under an `Idempotency-Key` takes place once, and is answered byte for byte again."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import evolve

from pgw.domain.delivery import DeliveryStatus
from pgw.domain.result import Err
from pgw.http.app import make_app
from pgw.storage.port import StorageUnavailable
from tests.http.asking import Answer, paid
from tests.http.webhooks.shop import OTHER_KEY, is_replayed, opened, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.webhooks.shop import Shop

AT_ONCE = 20


async def added(shop: Shop, url: str, under: str, **how: Any) -> Answer:
    return await shop.ask("POST", "/webhook-endpoints", {"url": url}, idempotency_key=under, **how)


def assert_again(first: Answer, again: Answer) -> None:
    assert (first.status, first.text, first.headers.get("location")) == (
        again.status,
        again.text,
        again.headers.get("location"),
    )
    assert (False, True) == (is_replayed(first), is_replayed(again))


async def test_an_endpoint_is_added_once_and_its_secret_shown_again(tmp_path: Path) -> None:
    """The secret is not kept: it is the same again also where it was rotated since, and after a restart."""
    async with opened(tmp_path / "pgw.db") as shop:
        url = shop.a_url()
        first = await added(shop, url, "k")
        path = first.headers["location"]
        assert_again(first, await added(shop, url, "k"))
        await shop.ask("POST", f"{path}/rotate-secret")
        await shop.ask("PATCH", path, {"description": "changed"})
        assert_again(first, await added(shop, url, "k"))
        assert 1 == len(await shop.endpoints())
    async with opened(tmp_path / "pgw.db") as shop:
        assert_again(first, await added(shop, url, "k"))
        await shop.ask("DELETE", path)
        assert_again(first, await added(shop, url, "k"))
        assert [] == await shop.endpoints()


async def test_a_secret_is_rotated_once_and_shown_again(shop: Shop) -> None:
    endpoint = await shop.add()
    rotate = partial(
        shop.ask, "POST", f"/webhook-endpoints/{endpoint['endpointId']}/rotate-secret", idempotency_key="k"
    )
    first = await rotate()
    documents: list[dict[str, Any] | None] = [None, {}]
    for document in documents:
        assert_again(first, await rotate(document))
    assert [2] == [one["secretVersion"] for one in await shop.endpoints()]
    other = await rotate({"overlapSeconds": 60})
    assert (422, "IdempotencyKeyReused") == (other.status, other.code)
    again = read(await rotate(idempotency_key="another"))
    assert (3, 3) == (
        again["secretVersion"],
        len({endpoint["secret"], read(first)["secret"], again["secret"]}),
    )
    assert_again(first, await rotate())


async def test_a_delivery_is_sent_again_once_for_a_key(shop: Shop) -> None:
    await shop.add()
    await shop.pay()
    (delivery, _) = await shop.deliveries()
    again = partial(
        shop.ask, "POST", f"/webhook-deliveries/{delivery['deliveryId']}/redeliver", idempotency_key="k"
    )
    first = await again()
    await shop.tried(delivery, DeliveryStatus.DELIVERED, status_code=200)
    assert_again(first, await again())
    (delivered, _) = await shop.deliveries()
    assert ("Delivered", 1) == (delivered["status"], len(delivered["tries"]))
    assert 202 == (await again(idempotency_key="another")).status
    assert "Pending" == (await shop.deliveries())[0]["status"]


async def test_a_key_is_for_one_request_whatever_it_is_about(shop: Shop) -> None:
    endpoint = await shop.add()
    rotate = f"/webhook-endpoints/{endpoint['endpointId']}/rotate-secret"
    assert 202 == (await paid(shop.app, "of-a-payment")).status
    assert 201 == (await added(shop, shop.a_url(), "of-an-endpoint")).status
    assert 200 == (await shop.ask("POST", rotate, idempotency_key="of-a-rotation")).status
    before = await shop.endpoints()
    for answer in (
        await added(shop, shop.a_url(), "of-a-payment"),
        await added(shop, shop.a_url(), "of-an-endpoint"),
        await added(shop, shop.a_url(), "of-a-rotation"),
        await shop.ask("POST", rotate, idempotency_key="of-a-payment"),
        await shop.ask("POST", rotate, idempotency_key="of-an-endpoint"),
        await paid(shop.app, "of-an-endpoint"),
        await paid(shop.app, "of-a-rotation"),
    ):
        assert (422, "IdempotencyKeyReused") == (answer.status, answer.code)
    assert before == await shop.endpoints()


async def test_a_key_is_its_merchants(shop: Shop) -> None:
    url = shop.a_url()
    first, others = await added(shop, url, "k"), await added(shop, url, "k", key=OTHER_KEY)
    assert (201, False, False) == (others.status, is_replayed(others), first.text == others.text)


async def test_a_refusal_frees_the_key(shop: Shop) -> None:
    taken, free = (await shop.add())["url"], shop.a_url()
    refused = [await added(shop, url, "k") for url in ("http://x", taken)]
    assert ["InvalidUrl", "DuplicateWebhookEndpoint"] == [one.code for one in refused]
    rotate = "/webhook-endpoints/whe_nobodys/rotate-secret"
    assert 404 == (await shop.ask("POST", rotate, idempotency_key="k")).status
    accepted = await added(shop, free, "k")
    assert (201, False) == (accepted.status, is_replayed(accepted))


async def test_of_many_at_once_exactly_one_takes_place(shop: Shop) -> None:
    url, answers = shop.a_url(), list[Answer]()
    path = f"/webhook-endpoints/{(await shop.add())['endpointId']}/rotate-secret"

    async def add() -> None:
        answers.append(await added(shop, url, "added"))

    async def rotate() -> None:
        answers.append(await shop.ask("POST", path, idempotency_key="rotated"))

    async with trio.open_nursery() as nursery:
        for _ in range(AT_ONCE):
            nursery.start_soon(add)
            nursery.start_soon(rotate)
    counted = Counter((answer.status, is_replayed(answer)) for answer in answers)
    assert {
        (status, again): 1 + again * (AT_ONCE - 2) for status in (200, 201) for again in (False, True)
    } == counted
    assert 2 == len({answer.text for answer in answers})
    assert [2, 1] == [one["secretVersion"] for one in await shop.endpoints()]


async def test_what_was_accepted_is_answered_again_though_it_would_be_refused_by_now(shop: Shop) -> None:
    """Private addresses were allowed when it was added."""
    url = shop.a_url()
    first = await added(shop, url, "k")
    strict = evolve(shop.parts, read_endpoint_url=lambda _: Err("Not any more."))
    now = evolve(shop, app=make_app(strict))
    assert_again(first, await added(now, url, "k"))
    for refused in (await added(now, url, "another"), await added(now, shop.a_url(), "k")):
        assert (400, "InvalidUrl") == (refused.status, refused.code)


@pytest.mark.parametrize("writes_first", [True, False])
async def test_where_storage_fails_nothing_is_said_to_be_undone(
    writes_first: bool, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have taken place, and the same key tells."""
    url, add = shop.a_url(), shop.parts.webhooks.add

    async def fail(*arguments: Any) -> Any:
        await trio.lowlevel.checkpoint()
        if writes_first:
            await add(*arguments)
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(shop.parts.webhooks, "add", fail)
        answer = await added(shop, url, "k")
        assert (500, "InternalError") == (answer.status, answer.code)
    again = await added(shop, url, "k")
    assert (201, writes_first, 1) == (again.status, is_replayed(again), len(await shop.endpoints()))


async def test_a_write_that_does_not_end_is_answered_in_time(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any) -> Any:
        await trio.sleep_forever()

    endpoint = await shop.add()
    monkeypatch.setattr(shop.parts.webhooks, "change", hang)
    monkeypatch.setattr("pgw.http.posted.ACCEPTANCE_SECONDS", 0.05)
    path = f"/webhook-endpoints/{endpoint['endpointId']}"
    for method, where, document in (
        ("PATCH", path, {"description": "a"}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate-secret", None),
    ):
        answer = await shop.ask(method, where, document)
        assert (500, "InternalError") == (answer.status, answer.code)


async def test_a_key_that_cannot_be_read_is_refused(shop: Shop) -> None:
    for path in (
        "/webhook-endpoints",
        "/webhook-endpoints/x/rotate-secret",
        "/webhook-deliveries/x/redeliver",
    ):
        answer = await shop.ask("POST", path, {}, idempotency_key='"')
        assert (400, "InvalidIdempotencyKey") == (answer.status, answer.code)
