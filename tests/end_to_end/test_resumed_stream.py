"""A stream taken up again while payments go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import trio

from tests.end_to_end.programs import OTHER_KEY, order
from tests.end_to_end.streams import frame, listening, seqs

if TYPE_CHECKING:
    from trio_websocket import WebSocketConnection

    from tests.end_to_end.programs import Gateway

PAYMENTS, AT_A_TIME = 220, 20


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
                some = min(37, 2 * PAYMENTS - len(resumed))
                resumed.extend([await frame(stream) for _ in range(some)])
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
