"""All that is wrong with a request about an endpoint is told at once, each with where it is."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pgw.domain.errors import InvalidCode
from pgw.domain.result import Err, Ok
from pgw.domain.webhook import EVENT_TYPES, LONGEST_DESCRIPTION, LONGEST_URL
from pgw.http.webhooks.endpoint_request import (
    EndpointOrder,
    read_endpoint,
    read_overlap,
    read_patch,
)
from pgw.webhooks.url import read_endpoint_url
from tests.http.webhooks.shop import read

if TYPE_CHECKING:
    from tests.http.webhooks.shop import Shop

URL = "https://shop.example/hooks"
READ_URL = partial(read_endpoint_url, allow_private=False)
CARD = "4242 4242 4242 4242"
ENCODED = "".join(f"%{ord(digit):x}" for digit in CARD)
UUID = "11111111-2222-3333-4444-555555555555"
INVALID, CARD_DATA = InvalidCode.INVALID_PARAMETER, InvalidCode.CARD_DATA_IN_TEXT
BAD_URL, UNKNOWN = InvalidCode.INVALID_URL, InvalidCode.UNKNOWN_PARAMETER
MISSING = InvalidCode.MISSING_REQUIRED_PARAMETER

# In a request to add an endpoint and in a patch alike.
WRONG: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"url": None}, [(INVALID, "#/url")]),
    ({"url": 7}, [(INVALID, "#/url")]),
    ({"url": [URL]}, [(INVALID, "#/url")]),
    ({"url": ""}, [(BAD_URL, "#/url")]),
    ({"url": "shop.example/hooks"}, [(BAD_URL, "#/url")]),
    ({"url": "https:///hooks"}, [(BAD_URL, "#/url")]),
    ({"url": "https://:443/hooks"}, [(BAD_URL, "#/url")]),
    ({"url": "https://ada:secret@shop.example/"}, [(BAD_URL, "#/url")]),
    ({"url": "http://shop.example/hooks"}, [(BAD_URL, "#/url")]),
    ({"url": "ftp://shop.example/hooks"}, [(BAD_URL, "#/url")]),
    ({"url": "https://127.0.0.1/hooks"}, [(BAD_URL, "#/url")]),
    ({"url": "https://localhost/hooks"}, [(BAD_URL, "#/url")]),
    ({"url": "https://[::1]/hooks"}, [(BAD_URL, "#/url")]),
    ({"url": "https://192.168.0.1/hooks"}, [(BAD_URL, "#/url")]),
    ({"url": f"{URL}#part"}, [(BAD_URL, "#/url")]),
    ({"url": f"{URL}/{'a' * LONGEST_URL}"}, [(BAD_URL, "#/url")]),
    ({"url": f"{URL}/{CARD.replace(' ', '')}"}, [(CARD_DATA, "#/url")]),
    ({"url": f"{URL}?card={CARD.replace(' ', '%20')}"}, [(CARD_DATA, "#/url")]),
    ({"url": f"{URL}?card={CARD.replace(' ', '-')}"}, [(CARD_DATA, "#/url")]),
    ({"url": f"{URL}?card={ENCODED}"}, [(CARD_DATA, "#/url")]),
    ({"description": "a" * (LONGEST_DESCRIPTION + 1)}, [(INVALID, "#/description")]),
    ({"description": "a\0b"}, [(INVALID, "#/description")]),
    ({"description": 7}, [(INVALID, "#/description")]),
    ({"description": f"for {CARD}"}, [(CARD_DATA, "#/description")]),
    ({"eventTypes": []}, [(INVALID, "#/eventTypes")]),
    ({"eventTypes": "job.failed"}, [(INVALID, "#/eventTypes")]),
    ({"eventTypes": {"job.failed": True}}, [(INVALID, "#/eventTypes")]),
    ({"eventTypes": ["job.failed", "job.exploded"]}, [(INVALID, "#/eventTypes/1")]),
    (
        {"eventTypes": ["job.failed", None, [], {}, "job.failed"]},
        [(INVALID, f"#/eventTypes/{at}") for at in (1, 2, 3, 4)],
    ),
    ({"eventType": ["job.failed"]}, [(UNKNOWN, "#/eventType")]),
    ({"secret": "mine"}, [(UNKNOWN, "#/secret")]),
    (
        {"url": "x", "description": CARD, "eventTypes": ["a"], "b": 1},
        [(BAD_URL, "#/url"), (CARD_DATA, "#/description"), (INVALID, "#/eventTypes/0"), (UNKNOWN, "#/b")],
    ),
]


def told(result: Any) -> list[tuple[str, str]]:
    assert isinstance(result, Err), result
    return [(one.code, one.pointer) for one in result.error]


@pytest.mark.parametrize(("members", "wrong"), WRONG)
def test_all_that_is_wrong_is_told_at_once(members: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    assert wrong == told(read_endpoint({"url": URL} | members, READ_URL))
    assert wrong == told(read_patch(members, READ_URL))


def test_a_new_endpoint_needs_a_url_and_has_no_status_yet() -> None:
    assert [(MISSING, "#/url")] == told(read_endpoint({}, READ_URL))
    assert [(UNKNOWN, "#/status")] == told(read_endpoint({"url": URL, "status": "Enabled"}, READ_URL))


@pytest.mark.parametrize("status", [None, "enabled", "Deleted", 1, [], "Gone"])
def test_a_status_is_one_that_a_merchant_sets(status: object) -> None:
    assert [(INVALID, "#/status")] == told(read_patch({"status": status}, READ_URL))


def test_a_patch_without_a_member_is_none() -> None:
    assert [(MISSING, "#")] == told(read_patch({}, READ_URL))


@pytest.mark.parametrize(
    "seconds", [-1, 604_801, "60", Decimal("1.5"), Decimal("1e1000000"), True, None, 10**30]
)
def test_an_overlap_is_of_whole_seconds_within_a_week(seconds: object) -> None:
    assert [(INVALID, "#/overlapSeconds")] == told(read_overlap({"overlapSeconds": seconds}))


@pytest.mark.parametrize("seconds", [0, 60, 604_800, Decimal("60.0"), Decimal("6e1")])
def test_a_whole_number_is_one_however_it_is_spelled(seconds: int | Decimal) -> None:
    assert Ok(timedelta(seconds=int(seconds))) == read_overlap({"overlapSeconds": seconds})


def test_an_unknown_event_type_is_told_those_there_are() -> None:
    for types in (["job.exploded"], [], 7):
        result = read_endpoint({"url": URL, "eventTypes": types}, READ_URL)
        assert isinstance(result, Err)
        assert all(one in result.error[0].detail for one in EVENT_TYPES)


def test_no_refusal_repeats_what_was_sent() -> None:
    members = {"url": "https://ada:hidden@x/", "description": "hidden\0", "eventTypes": ["hidden"]}
    result = read_endpoint(members, READ_URL)
    assert isinstance(result, Err)
    assert (3, False) == (len(result.error), "hidden" in str([one.detail for one in result.error]))


@pytest.mark.parametrize(
    "url", [URL, f"{URL}/{UUID}", f"{URL}?token=abc%2Fdef", "https://shop.example:8443/"]
)
def test_what_is_right_is_taken(url: str) -> None:
    document = {"url": url, "description": "a" * LONGEST_DESCRIPTION, "eventTypes": list(EVENT_TYPES)}
    order = EndpointOrder(url, "a" * LONGEST_DESCRIPTION, EVENT_TYPES)
    assert Ok(order) == read_endpoint(document, READ_URL)


async def test_a_refusal_has_the_one_shape_and_changes_nothing(shop: Shop) -> None:
    added = await shop.add()
    path = f"/webhook-endpoints/{added['endpointId']}"
    wrong = {"url": "http://x", "eventTypes": []}
    for method, where, document, pointers in (
        ("POST", "/webhook-endpoints", wrong, ["#/url", "#/eventTypes"]),
        ("PATCH", path, wrong, ["#/url", "#/eventTypes"]),
        ("PATCH", path, {}, ["#"]),
        ("POST", f"{path}/rotate-secret", {"overlapSeconds": -1, "a": 1}, ["#/overlapSeconds", "#/a"]),
    ):
        answer = await shop.ask(method, where, document)
        problem = read(answer)
        assert (400, problem["errors"][0]["code"]) == (answer.status, problem["code"])
        assert pointers == [error["pointer"] for error in problem["errors"]]
    (left,) = await shop.endpoints()
    assert left | {"secret": added["secret"]} == added
