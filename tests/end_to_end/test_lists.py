"""Lists of a real gateway, paged through while it is paid at, and followed over its end."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx

from tests.described import assert_described
from tests.end_to_end.programs import KEY, OTHER_KEY, Gateway

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Simulator

THERE, MEANWHILE = 23, 20


def follow(client: httpx.Client, target: str) -> list[dict[str, Any]]:
    """Return all rows from here to the last page, as a client finds them by `Link` alone."""
    found: list[dict[str, Any]] = []
    while True:
        answer = client.get(target)
        assert 200 == answer.status_code, answer.text
        found += answer.json()["data"]
        if "next" not in answer.links:
            return found
        target = answer.links["next"]["url"]


def test_lists_are_paged_through_while_payments_are_made(gateway: Gateway) -> None:
    with ThreadPoolExecutor(4) as others:
        there = [job.json() for job in others.map(lambda _: gateway.pay(), range(THERE))]
        paying = [others.submit(gateway.pay) for _ in range(MEANWHILE)]
        payments = follow(gateway.client, "/payments?limit=3")
        jobs = follow(gateway.client, "/jobs?limit=3")
        made = [one.result().json() for one in paying]
    for kind, found in (("paymentId", payments), ("jobId", jobs)):
        ids = [one[kind] for one in found]
        assert len(set(ids)) == len(ids)
        assert {job[kind] for job in there} <= set(ids)
    newest = gateway.client.get("/payments", params={"limit": MEANWHILE}).json()["data"]
    assert {job["paymentId"] for job in made} == {one["paymentId"] for one in newest}
    times = [one["createdAt"] for one in payments]
    assert sorted(times, reverse=True) == times


def test_a_cursor_is_its_merchants_and_good_after_a_crash(
    simulator: Simulator, tmp_path: Path, start_gateway: StartGateway
) -> None:
    first = start_gateway(tmp_path / "pgw.db", simulator.url)
    for _ in range(3):
        first.pay(reference="order-17")
    everything = first.client.get("/payments").json()["data"]
    begun = first.client.get("/payments", params={"limit": 1, "reference": "order-17"})
    first.end(signal.SIGKILL)
    second = start_gateway(tmp_path / "pgw.db", simulator.url)
    rest = follow(second.client, begun.links["next"]["url"])
    assert [one["paymentId"] for one in everything[1:]] == [one["paymentId"] for one in rest]
    theirs = httpx.get(second.url + begun.links["next"]["url"], headers=OTHER_KEY)
    assert_described(theirs)
    assert (400, "InvalidParameter") == (theirs.status_code, theirs.json()["code"])
    assert "`cursor`" in theirs.json()["detail"]
    assert {"data": []} == httpx.get(f"{second.url}/jobs", headers=OTHER_KEY).json()
    assert 3 == len(httpx.get(f"{second.url}/jobs", headers=KEY).json()["data"])
