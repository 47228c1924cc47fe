"""The job stream, as a merchant's server sees it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url

from tests.end_to_end.conftest import KEY, OTHER_KEY, order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tests.end_to_end.conftest import Gateway

PAYMENTS, AT_A_TIME = 220, 20
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@asynccontextmanager
async def listening(
    gateway: Gateway, path: str = "/jobs/stream", key: Mapping[str, str] = KEY
) -> AsyncIterator[WebSocketConnection]:
    headers = [(name.encode(), value.encode()) for name, value in key.items()]
    with trio.fail_after(20):
        async with open_websocket_url(
            gateway.url.replace("http", "ws", 1) + path, extra_headers=headers
        ) as stream:
            try:
                yield stream
            finally:
                # trio-websocket itself leaves it open where the server was the first to close.
                with trio.CancelScope(shield=True):
                    await stream.aclose()
                    await trio.aclose_forcefully(stream._stream)


async def frame(stream: WebSocketConnection) -> dict[str, Any]:
    received: dict[str, Any] = json.loads(await stream.get_message())
    return received


async def closed_with(stream: WebSocketConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        await stream.get_message()
    code = closed.value.reason.code
    assert isinstance(code, int)
    return code


def seqs(frames: list[dict[str, Any]]) -> list[int]:
    return [one["seq"] for one in frames]


@pytest.mark.parametrize(
    ("path", "key", "status", "code"),
    [
        ("/jobs/stream", {}, 401, "UnauthorizedAccess"),
        ("/jobs/stream", {"Authorization": "Bearer x"}, 401, "UnauthorizedAccess"),
        ("/jobs/job_x/stream", {}, 401, "UnauthorizedAccess"),
        ("/jobs/job_x/stream", KEY, 404, "UnknownJob"),
        ("/nowhere", KEY, 404, "UnknownRoute"),
        ("/jobs/stream?after=now", KEY, 400, "InvalidParameter"),
        ("/jobs/stream?after=-1", KEY, 400, "InvalidParameter"),
        ("/jobs/stream?after=999999999", KEY, 400, "InvalidParameter"),
        ("/jobs/stream?after=9999999999999999999999", KEY, 400, "InvalidParameter"),
    ],
)
def test_a_stream_is_refused_before_the_upgrade(
    path: str, key: dict[str, str], status: int, code: str, gateway: Gateway
) -> None:
    answer = httpx.get(gateway.url + path, headers=UPGRADE | key)
    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert answer.headers["X-Request-Id"] == answer.json()["requestId"]
    assert "application/problem+json" == answer.headers["Content-Type"]
    assert ("Bearer" if status == 401 else None) == answer.headers.get("WWW-Authenticate")


def test_another_merchants_job_has_no_stream(gateway: Gateway) -> None:
    path = f"/jobs/{gateway.pay().json()['jobId']}/stream"
    answer = httpx.get(gateway.url + path, headers=UPGRADE | OTHER_KEY)
    assert (404, "UnknownJob") == (answer.status_code, answer.json()["code"])


async def test_each_change_is_a_frame_and_what_the_client_sends_is_ignored(gateway: Gateway) -> None:
    async with listening(gateway) as stream:
        ready = await frame(stream)
        for message in ("{}", "", "x" * 4000, b"\x00"):
            await stream.send_message(message)
        job = gateway.settled(gateway.pay("4000000000000002"))
        frames = [await frame(stream) for _ in range(2)]
    assert {"type": "stream.ready", "seq": ready["seq"]} == ready
    assert [ready["seq"] + 1, ready["seq"] + 2] == seqs(frames)
    assert ["job.created", "job.completed"] == [one["type"] for one in frames]
    created = {name: job[name] for name in job if name != "entityId"} | {
        **{"status": "Created", "paymentStatus": "Created", "updatedAt": job["createdAt"]}
    }
    assert [created, job] == [one["job"] for one in frames]
    assert [job["createdAt"], job["updatedAt"]] == [one["occurredAt"] for one in frames]


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


async def test_a_resumed_stream_misses_nothing_and_repeats_nothing(gateway: Gateway) -> None:
    live: list[dict[str, Any]] = []
    resumed: list[dict[str, Any]] = []

    async def listen(stream: WebSocketConnection) -> None:
        while len(live) < 2 * PAYMENTS:
            live.append(await frame(stream))

    async def listen_and_leave_and_resume(after: int) -> None:
        while len(resumed) < 2 * PAYMENTS:
            async with listening(gateway, f"/jobs/stream?after={after}", OTHER_KEY) as stream:
                assert {"type": "stream.ready", "seq": after} == await frame(stream)
                for _ in range(min(37, 2 * PAYMENTS - len(resumed))):
                    resumed.append(await frame(stream))
            after = resumed[-1]["seq"]

    async with listening(gateway, key=OTHER_KEY) as stream:
        begin = (await frame(stream))["seq"]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen, stream)
            nursery.start_soon(pay_many, gateway)
            nursery.start_soon(listen_and_leave_and_resume, begin)
    assert list(range(begin + 1, begin + 1 + 2 * PAYMENTS)) == seqs(live)
    assert live == resumed
    async with listening(gateway, f"/jobs/stream?after={begin}", OTHER_KEY) as stream:
        await frame(stream)
        assert live == [await frame(stream) for _ in live]


async def pay_many(gateway: Gateway) -> None:
    """Pay as the other merchant, several at a time."""
    limits = trio.CapacityLimiter(AT_A_TIME)
    async with httpx.AsyncClient(base_url=gateway.url, headers=OTHER_KEY, timeout=20) as client:

        async def pay() -> None:
            async with limits:
                accepted = await client.post("/payments", json=order())
            assert 202 == accepted.status_code

        async with trio.open_nursery() as nursery:
            for _ in range(PAYMENTS):
                nursery.start_soon(pay)
