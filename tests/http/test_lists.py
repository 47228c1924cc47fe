"""The lists of payments and jobs as asked for: filters, cursors, links, and what is wrong with any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

import pytest

from pgw.domain.listing import Place
from pgw.domain.merchant import Scope
from pgw.http.cursor import Cursors
from pgw.http.links import page_links
from tests.http.asking import paid
from tests.http.parts import SECRET
from tests.http.webhooks.shop import OTHER_KEY, Shop, opened, read, with_scopes
from tests.storage.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.http.asking import Answer

LISTS = ("/payments", "/jobs")
ID = {"/payments": "paymentId", "/jobs": "jobId"}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path / "pgw.db") as shop:
        yield shop


async def ids(shop: Shop, path: str, query: str = "") -> list[str]:
    return [one[ID[path]] for one in read(await shop.ask("GET", f"{path}?{query}"))["data"]]


def links(answer: Answer) -> dict[str, str]:
    found = re.findall(r"<([^>]+)>; rel=\"([a-z]+)\"", answer.headers["link"])
    return {relation: target for target, relation in found}


def details(answer: Answer) -> list[str]:
    assert 400 == answer.status
    return [error["detail"] for error in read(answer)["errors"]]


async def named(shop: Shop, query: str) -> list[str]:
    answer = await shop.ask("GET", query)
    return [re.findall("`([^`]*)`", detail)[0] for detail in details(answer)]


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_is_followed_by_its_links_to_the_last_page(path: str, shop: Shop) -> None:
    for _ in range(5):
        await paid(shop.app, reference="a+b c/\N{LATIN SMALL LETTER E WITH ACUTE}&")
    everything = await ids(shop, path, "limit=100")
    assert sorted(everything, reverse=True) == everything
    wanted = quote("a+b c/\N{LATIN SMALL LETTER E WITH ACUTE}&", safe="")
    query = f"reference={wanted}&limit=2" if path == "/payments" else "type=payment&limit=2"
    first = target = f"{path}?{query}"
    found, pages = list[str](), 0
    while True:
        answer = await shop.ask("GET", target)
        page = read(answer)
        found += [one[ID[path]] for one in page["data"]]
        pages += 1
        assert first == links(answer)["first"]
        if "nextCursor" not in page:
            break
        target = links(answer)["next"]
        asked = parse_qs(target.partition("?")[2])
        assert [page["nextCursor"]] == asked.pop("cursor")
        assert parse_qs(query) == asked
        assert f"{first}&cursor={page['nextCursor']}" == target
    assert (everything, 3) == (found, pages)
    assert {"first"} == links(answer).keys()


async def test_a_page_has_ten_unless_others_are_asked_for(shop: Shop) -> None:
    for _ in range(11):
        await paid(shop.app)
    for path in LISTS:
        assert (10, 11) == (len(await ids(shop, path)), len(await ids(shop, path, "limit=11")))
        assert links(await shop.ask("GET", path))["first"] == path


async def test_what_was_accepted_is_in_both_lists_at_once(shop: Shop) -> None:
    for _ in range(5):
        job = read(await paid(shop.app))
        assert job["paymentId"] == (await ids(shop, "/payments", "limit=1"))[0]
        assert job["jobId"] == (await ids(shop, "/jobs", "limit=1"))[0]
    assert [] == read(await shop.ask("GET", "/payments", key=OTHER_KEY))["data"]
    assert [] == read(await shop.ask("GET", "/jobs", key=OTHER_KEY))["data"]


async def test_a_row_is_as_it_is_alone(shop: Shop) -> None:
    job = await shop.pay()
    (payment,) = read(await shop.ask("GET", "/payments"))["data"]
    assert read(await shop.ask("GET", f"/payments/{job['paymentId']}")) == payment
    assert [job] == read(await shop.ask("GET", "/jobs"))["data"]


async def test_they_are_found_by_what_is_asked_for(shop: Shop) -> None:
    await paid(shop.app, reference="order-17")
    job = await shop.pay()
    other, one = await ids(shop, "/payments")
    assert [one] == await ids(shop, "/payments", "reference=order-17")
    assert [] == await ids(shop, "/payments", "reference=order-1")
    assert [] == await ids(shop, "/payments", "reference=")
    assert other in await ids(shop, "/payments", "status=Approved")
    assert [] == await ids(shop, "/payments", "status=Voided")
    made_at = read(await shop.ask("GET", f"/payments/{one}"))["createdAt"]
    assert one in await ids(shop, "/payments", f"createdFrom={made_at}")
    assert one not in await ids(shop, "/payments", f"createdTo={made_at}")
    assert [job["jobId"]] == await ids(shop, "/jobs", f"paymentId={job['paymentId']}&status=Completed")
    assert [] == await ids(shop, "/jobs", f"paymentId={job['paymentId']}&status=Failed")
    assert [] == await ids(shop, "/jobs", "type=refund")
    assert [] == await ids(shop, "/jobs", "paymentId=pay_nobodys")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("/payments?limit=0&status=approved", ["limit", "status"]),
        (
            "/payments?limit=101&cursor=x&createdFrom=y&createdTo=z",
            ["limit", "createdFrom", "createdTo", "cursor"],
        ),
        ("/payments?reference=" + "a" * 65, ["reference"]),
        ("/payments?createdFrom=2026-11-22T00:00:00+01:00", ["createdFrom"]),
        ("/payments?createdFrom=2026-11-22T00:00:01Z&createdTo=2026-11-22T00:00:00Z", ["createdTo"]),
        ("/payments?type=payment&staus=Failed", ["type", "staus"]),
        ("/payments?limit=1&limit=1&status=Failed&status=Failed", ["status", "limit"]),
        ("/payments?cursor=", ["cursor"]),
        ("/payments?cursor=%00", ["cursor"]),
        ("/payments?status=", ["status"]),
        (
            "/jobs?limit=x&status=created&type=Payment&paymentId=job_a",
            ["limit", "status", "type", "paymentId"],
        ),
        ("/jobs?paymentId=pay_a%0A&reference=a", ["reference", "paymentId"]),
        ("/jobs?createdFrom=2026-11-22T00:00:00Z", ["createdFrom"]),
    ],
)
async def test_all_that_is_wrong_is_named_at_once(query: str, names: list[str], shop: Shop) -> None:
    assert names == await named(shop, query)


async def test_a_stretch_that_has_no_moment_is_empty(shop: Shop) -> None:
    at = "2026-11-22T00:00:00%2B01:00"
    assert [] == await ids(shop, "/payments", f"createdFrom={at}&createdTo={at}")


@pytest.mark.parametrize("path", LISTS)
async def test_a_cursor_is_good_for_the_very_list_that_it_is_from(path: str, shop: Shop) -> None:
    for _ in range(3):
        await shop.pay()
    ended = "status=Approved" if path == "/payments" else "status=Completed"
    cursor = read(await shop.ask("GET", f"{path}?limit=1&{ended}"))["nextCursor"]
    assert 200 == (await shop.ask("GET", f"{path}?limit=2&{ended}&cursor={cursor}")).status
    other = "/jobs" if path == "/payments" else "/payments"
    forged = [
        cursor[:-1] + ("a" if cursor[-1] != "a" else "b"),
        ("a" if cursor[0] != "a" else "b") + cursor[1:],
        cursor.upper(),
        cursor + "\n",
        cursor[:-33],
    ]
    for query in (
        f"{path}?cursor={cursor}",
        f"{path}?status=Failed&cursor={cursor}",
        f"{path}?{ended}&{'reference=a' if path == '/payments' else 'type=void'}&cursor={cursor}",
        f"{other}?cursor={cursor}",
        *(f"{path}?{ended}&cursor={quote(one)}" for one in forged),
    ):
        assert ["cursor"] == await named(shop, query), query
    theirs = await shop.ask("GET", f"{path}?limit=1&{ended}&cursor={cursor}", key=OTHER_KEY)
    assert ["cursor"] == [re.findall("`([^`]*)`", detail)[0] for detail in details(theirs)]


def test_a_cursor_leads_back_to_its_place_and_has_no_digit() -> None:
    cursors = Cursors(SECRET, "/payments", "mer_a", {"status": "Failed"})
    place = Place(NOW, "pay_abkcbdgckhdkhaaakhcjooeikhgagfbj")
    cursor = cursors.at(place)
    assert place == cursors.place(cursor)
    assert not re.search("[0-9]", cursor)
    for others in (
        Cursors(SECRET + b"2", "/payments", "mer_a", {"status": "Failed"}),
        Cursors(SECRET, "/jobs", "mer_a", {"status": "Failed"}),
        Cursors(SECRET, "/payments", "mer_b", {"status": "Failed"}),
        Cursors(SECRET, "/payments", "mer_a", {}),
    ):
        assert others.place(cursor) is None


async def test_a_list_takes_a_key_that_may_read_payments(shop: Shop) -> None:
    reading, writing = (
        with_scopes(shop.parts, Scope.PAYMENTS_READ),
        with_scopes(shop.parts, Scope.PAYMENTS_WRITE),
    )
    for path in LISTS:
        assert 200 == (await shop.ask("GET", path, key=reading)).status
        assert 403 == (await shop.ask("GET", path, key=writing)).status


def test_links_are_references_in_which_nothing_stands_for_anything_else() -> None:
    asked = {"reference": 'a b+c&d=e"<>,;\N{EURO SIGN}', "cursor": "old"}
    encoded = "a%20b%2Bc%26d%3De%22%3C%3E%2C%3B%E2%82%AC"
    first = f"/payments?reference={encoded}"
    both = f'<{first}&cursor=new>; rel="next", <{first}>; rel="first"'
    assert both == page_links("/payments", asked, "new")
    assert '</jobs>; rel="first"' == page_links("/jobs", {}, None)
