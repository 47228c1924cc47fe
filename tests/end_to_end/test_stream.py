"""The job stream, as a merchant's server sees it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest
import trio
from trio_websocket import ConnectionClosed

from pgw.http.websocket import TOO_BIG
from tests.described import assert_described
from tests.end_to_end.programs import KEY, OTHER_KEY
from tests.end_to_end.streams import UPGRADE, closed_because, closed_with, frame, listening, seqs

if TYPE_CHECKING:
    from tests.end_to_end.programs import Gateway


ODD_POSITIONS = (
    *(
        "after=now",
        "after=-1",
        "after=",
        "after=1.0",
        "after=%2B1",
        "after=0x1",
        "after=1%20",
        "after=%D9%A1",
    ),
    *("after=999999999", "after=9999999999999999999999", "after=0&after=0", "after=0&after="),
)


@pytest.mark.parametrize(
    ("path", "key", "status", "code"),
    [
        ("/jobs/stream", {}, 401, "UnauthorizedAccess"),
        ("/jobs/stream", {"Authorization": "Bearer x"}, 401, "UnauthorizedAccess"),
        ("/jobs/job_x/stream", {}, 401, "UnauthorizedAccess"),
        ("/jobs/job_x/stream", KEY, 404, "UnknownJob"),
        ("/nowhere", KEY, 404, "UnknownRoute"),
        ("/payments", KEY, 404, "UnknownRoute"),
        ("/payments/pay_x", KEY, 404, "UnknownRoute"),
        ("/health/live", {}, 404, "UnknownRoute"),
        *((f"/jobs/stream?{odd}", KEY, 400, "InvalidParameter") for odd in ODD_POSITIONS),
        *((f"/jobs/{{job}}/stream?{odd}", KEY, 400, "InvalidParameter") for odd in ODD_POSITIONS),
        ("/jobs/stream?afetr=1", KEY, 400, "UnknownParameter"),
        ("/jobs/{job}/stream?since=1", KEY, 400, "UnknownParameter"),
    ],
)
def test_a_stream_is_refused_before_the_upgrade(
    path: str, key: dict[str, str], status: int, code: str, gateway: Gateway
) -> None:
    if "{job}" in path:
        path = path.format(job=gateway.pay().json()["jobId"])
    answer = httpx.get(gateway.url + path, headers=UPGRADE | key)
    assert_described(answer)
    assert ("`after`" in answer.text) == (code == "InvalidParameter")
    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert answer.headers["X-Request-Id"] == answer.json()["requestId"]
    assert "application/problem+json" == answer.headers["Content-Type"]
    challenge = 'Bearer error="invalid_token"' if key else "Bearer"
    assert (challenge if status == 401 else None) == answer.headers.get("WWW-Authenticate")


@pytest.mark.parametrize(
    "lacks",
    [{"Sec-WebSocket-Version": "9"}, {"Sec-WebSocket-Key": ""}, {"Sec-WebSocket-Protocol": "\xff"}],
)
def test_what_is_no_handshake_is_told_which_one_is_spoken(lacks: dict[str, str], gateway: Gateway) -> None:
    headers = {name: value for name, value in (UPGRADE | KEY | lacks).items() if value}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = httpx.get(f"{gateway.url}/jobs/stream", headers=raw)
    assert (426, "UpgradeRequired") == (answer.status_code, answer.json()["code"])
    assert ("websocket", "13") == (answer.headers["Upgrade"], answer.headers["Sec-WebSocket-Version"])


def test_another_merchants_job_has_no_stream(gateway: Gateway) -> None:
    path = f"/jobs/{gateway.pay().json()['jobId']}/stream"
    answer = httpx.get(gateway.url + path, headers=UPGRADE | OTHER_KEY)
    assert_described(answer)
    assert (404, "UnknownJob") == (answer.status_code, answer.json()["code"])


async def test_each_change_is_a_frame(gateway: Gateway) -> None:
    async with listening(gateway) as stream:
        ready = await frame(stream)
        job = gateway.settled(gateway.pay("4000000000000002"))
        frames = [await frame(stream) for _ in range(2)]
    assert {"type": "stream.ready", "seq": ready["seq"]} == ready
    assert [ready["seq"] + 1, ready["seq"] + 2] == seqs(frames)
    assert ["job.created", "job.completed"] == [one["type"] for one in frames]
    created = {name: job[name] for name in job if name != "entityId"} | {
        "status": "Created",
        "paymentStatus": "Created",
        "updatedAt": job["createdAt"],
    }
    assert [created, job] == [one["job"] for one in frames]
    assert [job["createdAt"], job["updatedAt"]] == [one["occurredAt"] for one in frames]


@pytest.mark.parametrize("message", ["{}", "", "x" * 4000, b"\x00", b""])
async def test_a_client_that_speaks_is_told_that_nothing_is_expected_and_from_where_to_go_on(
    message: str | bytes, gateway: Gateway
) -> None:
    async with listening(gateway) as stream:
        await frame(stream)
        gateway.settled(gateway.pay())
        _, last = await frame(stream), await frame(stream)
        await stream.ping(b"still")
        await stream.send_message(message)
        reason = f"Nothing is expected of you but to listen: connect again with after={last['seq']}."
        assert (1003, reason) == await closed_because(stream)
    async with listening(gateway, f"/jobs/stream?after={last['seq'] - 1}") as stream:
        await frame(stream)
        assert last == await frame(stream)


async def test_a_message_that_is_too_long_is_told_so_with_what_to_do(gateway: Gateway) -> None:
    async with listening(gateway) as stream:
        await frame(stream)
        await stream.send_message("x" * 5000)
        assert (1009, TOO_BIG) == await closed_because(stream)


async def test_the_departure_of_a_client_that_sends_is_seen(gateway: Gateway) -> None:
    """More than all queues on the way to the endpoint hold."""
    async with listening(gateway, key=KEY | {"X-Request-Id": "sends.a.lot"}) as stream:
        await frame(stream)
        with suppress(ConnectionClosed):
            for _ in range(100):
                await stream.send_message("x")
        await trio.aclose_forcefully(stream._stream)
    assert 101 == gateway.request_log("sends.a.lot")["StatusCode"]


async def test_a_jobs_stream_begins_with_its_first_event_and_closes_after_its_last(gateway: Gateway) -> None:
    accepted = gateway.pay("4000009900000012")
    path = f"/jobs/{accepted.json()['jobId']}/stream"
    async with listening(gateway, path) as stream:
        ready, created = await frame(stream), await frame(stream)
        completed = await frame(stream)
        assert 1000 == await closed_with(stream)
    assert ["stream.ready", "job.created", "job.completed"] == [
        one["type"] for one in (ready, created, completed)
    ]
    async with listening(gateway, path) as stream:
        assert [ready, created, completed] == [await frame(stream) for _ in range(3)]
        assert 1000 == await closed_with(stream)
    async with listening(gateway, f"{path}?after={completed['seq']}") as stream:
        assert completed["seq"] == (await frame(stream))["seq"]
        assert 1000 == await closed_with(stream)
