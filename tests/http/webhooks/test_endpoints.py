"""Endpoints: added, read, changed, deleted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pgw.domain.webhook import EVENT_TYPES, MOST_ENDPOINTS, DisabledBecause
from tests.http.webhooks.shop import MERGE_PATCH, OTHER_KEY, read

if TYPE_CHECKING:
    from tests.http.asking import Answer
    from tests.http.webhooks.shop import Shop

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


async def patched(shop: Shop, endpoint: dict[str, Any], **members: Any) -> Answer:
    return await shop.ask("PATCH", f"/webhook-endpoints/{endpoint['endpointId']}", members)


async def test_an_endpoint_is_answered_with_its_secret_once_and_never_again(shop: Shop) -> None:
    answer = await shop.ask(
        "POST",
        "/webhook-endpoints",
        {"url": "https://SHOP.example:443/hooks", "description": "The shop", "eventTypes": ["job.failed"]},
    )
    added = read(answer)
    assert (201, f"/webhook-endpoints/{added['endpointId']}") == (answer.status, answer.headers["location"])
    assert ("https://shop.example/hooks", "Enabled", "The shop", ["job.failed"], 1) == (
        added["url"],
        added["status"],
        added["description"],
        added["eventTypes"],
        added["secretVersion"],
    )
    assert SECRET.fullmatch(added["secret"])
    shown = without(added, "secret")
    assert shown == read(await shop.ask("GET", answer.headers["location"]))
    assert [shown] == await shop.endpoints()
    assert shown == read(await patched(shop, added, url=added["url"])) | {"updatedAt": added["updatedAt"]}


async def test_each_endpoint_has_a_secret_of_its_own(shop: Shop) -> None:
    secrets = [(await shop.add())["secret"] for _ in range(3)]
    assert 3 == len(set(secrets))


async def test_it_is_told_of_all_events_where_none_are_named(shop: Shop) -> None:
    for members in ({}, {"eventTypes": None, "description": None}):
        added = await shop.add(**members)
        assert set() == {"eventTypes", "description", "disabledBecause"} & added.keys()


async def test_endpoints_are_listed_in_the_order_they_were_added_and_only_to_their_merchant(
    shop: Shop,
) -> None:
    added = [without(await shop.add(), "secret") for _ in range(3)]
    assert added == await shop.endpoints()
    assert {"data": []} == read(await shop.ask("GET", "/webhook-endpoints", key=OTHER_KEY))


async def test_a_patch_changes_what_it_names_and_null_takes_away(shop: Shop) -> None:
    added = await shop.add(description="The shop", eventTypes=["job.completed"])
    changed = read(await patched(shop, added, eventTypes=list(EVENT_TYPES)))
    assert (list(EVENT_TYPES), "The shop") == (changed["eventTypes"], changed["description"])
    changed = read(await patched(shop, added, eventTypes=None))
    assert ("eventTypes" in changed, "The shop") == (False, changed["description"])
    changed = read(await patched(shop, added, description=None, url="https://moved.example/"))
    assert ("description" in changed, "https://moved.example/") == (False, changed["url"])
    assert changed == read(await shop.ask("GET", f"/webhook-endpoints/{added['endpointId']}"))


async def test_a_patch_may_say_that_it_is_one(shop: Shop) -> None:
    path = f"/webhook-endpoints/{(await shop.add())['endpointId']}"
    for media_type, status in ((MERGE_PATCH, 200), ("application/json-patch+json", 415), ("text/plain", 415)):
        answer = await shop.ask("PATCH", path, {"description": "a"}, media_type=media_type)
        assert status == answer.status, media_type
    answer = await shop.ask("POST", "/webhook-endpoints", {"url": shop.a_url()}, media_type=MERGE_PATCH)
    assert (415, "UnsupportedMediaType") == (answer.status, answer.code)


async def test_an_endpoint_is_disabled_and_enabled_by_request(shop: Shop) -> None:
    added = await shop.add()
    for _ in range(2):
        disabled = read(await patched(shop, added, status="Disabled"))
        assert ("Disabled", "Asked") == (disabled["status"], disabled["disabledBecause"])
    await shop.pay()
    assert [] == await shop.deliveries()
    enabled = read(await patched(shop, added, status="Enabled"))
    assert ("Enabled", False) == (enabled["status"], "disabledBecause" in enabled)
    await shop.pay()
    assert 2 == len(await shop.deliveries())


async def test_one_that_the_gateway_disabled_says_why(shop: Shop) -> None:
    added = await shop.add()
    endpoint = await shop.storage.endpoint("mer_a", added["endpointId"])
    assert endpoint is not None
    await shop.storage.disable_endpoint(endpoint.disabled(DisabledBecause.GONE, shop.parts.clock.now()))
    (disabled,) = await shop.endpoints()
    assert ("Disabled", "Gone") == (disabled["status"], disabled["disabledBecause"])
    again = read(await patched(shop, added, status="Enabled"))
    assert "disabledBecause" not in again


async def test_what_is_deleted_is_not_there_any_more_and_its_url_is_free(shop: Shop) -> None:
    added = await shop.add()
    path = f"/webhook-endpoints/{added['endpointId']}"
    await shop.pay()
    (delivery, _) = await shop.deliveries()
    answer = await shop.ask("DELETE", path)
    assert (204, "") == (answer.status, answer.text)
    assert set() == {"content-type", "content-length"} & answer.headers.keys()
    asked_again = [("DELETE", path, None), ("GET", path, None), ("PATCH", path, {"description": "a"})]
    asked_again += [("POST", f"{path}/rotate-secret", None)]
    for method, where, document in asked_again:
        answer = await shop.ask(method, where, document)
        assert (404, "UnknownWebhookEndpoint") == (answer.status, answer.code), method
    assert ([], []) == (await shop.endpoints(), await shop.deliveries())
    where = f"/webhook-deliveries/{delivery['deliveryId']}"
    for method, suffix in (("GET", ""), ("POST", "/redeliver")):
        answer = await shop.ask(method, where + suffix)
        assert (404, "UnknownWebhookDelivery") == (answer.status, answer.code)
    again = await shop.add(added["url"])
    assert (added["endpointId"], added["secret"]) != (again["endpointId"], again["secret"])


async def test_a_url_is_a_merchants_once_in_whatever_spelling(shop: Shop) -> None:
    first, second = await shop.add(), await shop.add()
    for spelled in (first["url"], first["url"].replace("shop.example", "Shop.EXAMPLE:443")):
        answer = await shop.ask("POST", "/webhook-endpoints", {"url": spelled})
        assert (409, "DuplicateWebhookEndpoint", False) == (
            answer.status,
            answer.code,
            "retry-after" in answer.headers,
        )
    answer = await patched(shop, second, url=first["url"])
    assert (409, "DuplicateWebhookEndpoint") == (answer.status, answer.code)
    assert [first["url"], second["url"]] == [one["url"] for one in await shop.endpoints()]
    others = await shop.ask("POST", "/webhook-endpoints", {"url": first["url"]}, key=OTHER_KEY)
    assert 201 == others.status


async def test_a_merchant_has_so_many_endpoints_and_no_more(shop: Shop) -> None:
    added = [await shop.add() for _ in range(MOST_ENDPOINTS)]
    answer = await shop.ask("POST", "/webhook-endpoints", {"url": shop.a_url()})
    assert (409, "TooManyWebhookEndpoints") == (answer.status, answer.code)
    assert str(MOST_ENDPOINTS) in read(answer)["detail"]
    assert MOST_ENDPOINTS == len(await shop.endpoints())
    await shop.ask("DELETE", f"/webhook-endpoints/{added[0]['endpointId']}")
    await shop.add()


async def test_what_is_nobodys_is_unknown(shop: Shop) -> None:
    for endpoint_id in ("whe_aaaa", "whe_", "x", "%00", "whe_\N{SNOWMAN}"):
        answer = await shop.ask("GET", f"/webhook-endpoints/{endpoint_id}")
        assert (404, "UnknownWebhookEndpoint") == (answer.status, answer.code)
