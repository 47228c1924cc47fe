"""Deliveries: what became of each, and sending one again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from werkzeug.datastructures import MultiDict

from pgw.domain.delivery import DeliveryStatus
from pgw.domain.result import Err
from pgw.http.webhooks.delivery_query import read_query
from tests.http.webhooks.shop import OTHER_KEY, read

if TYPE_CHECKING:
    from tests.http.webhooks.shop import Shop


async def test_deliveries_are_listed_the_newest_first_and_page_by_page(shop: Shop) -> None:
    await shop.add()
    for _ in range(3):
        await shop.pay()
    everything = await shop.deliveries("?limit=100")
    assert [6, 5, 4, 3, 2, 1] == [one["sequence"] for one in everything]
    found, query = list[Any](), "?limit=4"
    while True:
        page = read(await shop.ask("GET", f"/webhook-deliveries{query}"))
        found += page["data"]
        if "nextCursor" not in page:
            break
        assert 4 == len(page["data"])
        query = f"?limit=4&cursor={quote(page['nextCursor'])}"
    assert everything == found


async def test_the_last_page_names_no_next_one_though_it_is_full(shop: Shop) -> None:
    await shop.add()
    await shop.pay()
    assert "nextCursor" not in read(await shop.ask("GET", "/webhook-deliveries?limit=2"))
    assert "nextCursor" in read(await shop.ask("GET", "/webhook-deliveries?limit=1"))


async def test_a_page_has_ten_unless_more_are_asked_for(shop: Shop) -> None:
    for _ in range(3):
        await shop.add()
    for _ in range(2):
        await shop.pay()
    assert (10, 12) == (len(await shop.deliveries()), len(await shop.deliveries("?limit=12")))


async def test_they_are_found_by_endpoint_payment_and_status(shop: Shop) -> None:
    one, other = await shop.add(), await shop.add(eventTypes=["job.completed"])
    first, second = await shop.pay(), await shop.pay()
    (delivered, *_) = await shop.deliveries()
    await shop.tried(delivered, DeliveryStatus.DELIVERED, status_code=204)

    async def sequences(**wanted: str) -> list[int]:
        query = "&".join(f"{name}={value}" for name, value in wanted.items())
        return [found["sequence"] for found in await shop.deliveries(f"?{query}")]

    assert [4, 3, 2, 1] == await sequences(endpointId=one["endpointId"])
    assert [4, 2] == await sequences(endpointId=other["endpointId"])
    assert [2, 2, 1] == await sequences(paymentId=first["paymentId"])
    assert [4] == await sequences(status="Delivered")
    assert [] == await sequences(status="GivenUp")
    assert [4, 3, 2, 2, 1] == await sequences(status="Pending")
    assert [2] == await sequences(paymentId=first["paymentId"], endpointId=other["endpointId"])
    assert [] == await sequences(paymentId=second["paymentId"], endpointId="whe_nobodys")
    assert [] == read(await shop.ask("GET", "/webhook-deliveries", key=OTHER_KEY))["data"]


async def test_a_delivery_tells_each_try_with_its_answer_or_why_there_was_none(shop: Shop) -> None:
    endpoint = await shop.add(eventTypes=["job.created"])
    job = await shop.pay()
    (pending,) = await shop.deliveries()
    assert (endpoint["endpointId"], job["paymentId"], "job.created", "Pending", []) == (
        pending["endpointId"],
        pending["paymentId"],
        pending["type"],
        pending["status"],
        pending["tries"],
    )
    assert pending["createdAt"] == pending["dueAt"]
    await shop.tried(pending, DeliveryStatus.PENDING, error="No answer came in time.")
    await shop.tried(pending, DeliveryStatus.DELIVERED, status_code=200, snippet="ok")
    delivered = read(await shop.ask("GET", f"/webhook-deliveries/{pending['deliveryId']}"))
    assert ("Delivered", False) == (delivered["status"], "dueAt" in delivered)
    first, second = delivered["tries"]
    assert {"number", "at", "milliseconds", "error"} == first.keys()
    assert (1, 21, "No answer came in time.") == (first["number"], first["milliseconds"], first["error"])
    assert (2, 200, "ok", False) == (
        second["number"],
        second["statusCode"],
        second["snippet"],
        "error" in second,
    )
    assert [delivered] == await shop.deliveries()


async def test_a_delivery_is_sent_again_by_request(shop: Shop) -> None:
    await shop.add()
    await shop.pay()
    (newest, first) = await shop.deliveries()
    path = f"/webhook-deliveries/{newest['deliveryId']}"
    await shop.tried(first, DeliveryStatus.DELIVERED, status_code=200)
    await shop.tried(newest, DeliveryStatus.GIVEN_UP, status_code=500)
    documents: list[dict[str, Any] | None] = [None, {}]
    for document in documents:
        answer = await shop.ask("POST", f"{path}/redeliver", document)
        again = read(answer)
        assert (202, path) == (answer.status, answer.headers["location"])
        assert ("Pending", 1, True) == (again["status"], len(again["tries"]), "dueAt" in again)
        assert again == read(await shop.ask("GET", path))
    answer = await shop.ask("POST", f"{path}/redeliver", {"now": True})
    assert (400, "UnknownParameter", "#/now") == (
        answer.status,
        answer.code,
        read(answer)["errors"][0]["pointer"],
    )


async def test_nothing_is_sent_again_to_an_endpoint_that_is_disabled(shop: Shop) -> None:
    endpoint = await shop.add()
    await shop.pay()
    (newest, _) = await shop.deliveries()
    await shop.ask("PATCH", f"/webhook-endpoints/{endpoint['endpointId']}", {"status": "Disabled"})
    answer = await shop.ask("POST", f"/webhook-deliveries/{newest['deliveryId']}/redeliver")
    assert (409, "WebhookEndpointDisabled", False) == (
        answer.status,
        answer.code,
        "retry-after" in answer.headers,
    )
    assert newest == (await shop.deliveries())[0]


async def test_what_is_nobodys_is_unknown(shop: Shop) -> None:
    for delivery_id in ("whd_", "x", "whd_aaaaaaaaaaaaabb", "whd_AAAAAAAAAAAAAbb", "whd_aaa"):
        for method, suffix in (("GET", ""), ("POST", "/redeliver")):
            answer = await shop.ask(method, f"/webhook-deliveries/{delivery_id}{suffix}")
            assert (404, "UnknownWebhookDelivery") == (answer.status, answer.code)


async def test_each_query_parameter_that_is_wrong_is_named(shop: Shop) -> None:
    answer = await shop.ask("GET", "/webhook-deliveries?limit=0&status=delivered")
    assert (400, "InvalidParameter") == (answer.status, answer.code)
    assert ["limit", "status"] == [named(error["detail"]) for error in read(answer)["errors"]]


def named(sentence: str) -> str:
    return sentence.removeprefix("The query parameter `").partition("` must be")[0]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"limit": "0"}, ["limit"]),
        ({"limit": "101"}, ["limit"]),
        ({"limit": "1e1"}, ["limit"]),
        ({"limit": ""}, ["limit"]),
        ({"limit": "\N{ARABIC-INDIC DIGIT THREE}"}, ["limit"]),
        ({"limit": "9" * 400}, ["limit"]),
        ({"cursor": ""}, ["cursor"]),
        ({"cursor": "whd_abc"}, ["cursor"]),
        ({"cursor": "\0"}, ["cursor"]),
        ({"status": "delivered"}, ["status"]),
        ({"endpointId": "pay_abc"}, ["endpointId"]),
        ({"endpointId": "whe_abc\n"}, ["endpointId"]),
        ({"paymentId": ""}, ["paymentId"]),
        (
            {"limit": "x", "cursor": "y", "status": "z", "endpointId": "a", "paymentId": "b"},
            ["cursor", "limit", "endpointId", "paymentId", "status"],
        ),
    ],
)
def test_what_is_wrong_with_a_query_is_found_at_once(given: dict[str, str], names: list[str]) -> None:
    query = read_query(MultiDict(given))
    assert isinstance(query, Err)
    assert names == [named(one.detail) for one in query.error]


async def test_a_parameter_that_comes_twice_or_is_not_known_is_refused(shop: Shop) -> None:
    """Misspelt it would go unnoticed, and each delivery be taken for one that was asked for."""
    answer = await shop.ask("GET", "/webhook-deliveries?limit=1&limit=2&staus=GivenUp")
    assert (400, "UnknownParameter") == (answer.status, answer.code)
    assert [
        "The query parameter `staus` is not known.",
        "The query parameter `limit` must be given once at most.",
    ] == [error["detail"] for error in read(answer)["errors"]]
