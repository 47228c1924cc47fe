"""Honest clients beside hostile ones, which come all at once and are gone in time."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import frozen

from tests.end_to_end.hostile import KINDS, Hostile, held_by_gateway
from tests.end_to_end.programs import Gateway
from tests.end_to_end.sockets import WHOLE

if TYPE_CHECKING:
    from tests.end_to_end.programs import Simulator

HONEST = 6
PAUSE_SECONDS = 0.1  # of an honest client between two requests
GET = b"GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ap_123\r\n\r\n"


class ImpatientGateway(Gateway):
    module = "tests.end_to_end.impatient_gateway"


@frozen
class Scene:
    """How many hostile clients of each kind come after `before` seconds, and must be gone within how many."""

    of_each_kind: int
    before: float
    trickle: float
    gone_within: float
    slowest: Callable[[float], float]
    """What an honest client's 99th percentile may be, from what it was before."""


QUICK = Scene(4, 2, 0.05, 30, lambda before: max(1.0, 5 * before))
AT_LENGTH = Scene(20, 20, 1, 90, lambda before: max(0.25, 3 * before))


@contextmanager
def running(kind: type[Gateway], directory: Path, simulator: Simulator) -> Iterator[Gateway]:
    gateway = kind(directory / "pgw.db", simulator.url)
    try:
        yield gateway
    finally:
        gateway.end(signal.SIGKILL)


async def test_honest_clients_are_served_while_hostile_ones_come_and_go(
    tmp_path: Path, simulator: Simulator
) -> None:
    with running(ImpatientGateway, tmp_path, simulator) as gateway:
        await play(QUICK, gateway)


@pytest.mark.long
async def test_a_hundred_hostile_clients_are_gone_in_90_seconds(tmp_path: Path, simulator: Simulator) -> None:
    with running(Gateway, tmp_path, simulator) as gateway:
        await play(AT_LENGTH, gateway)


async def play(scene: Scene, gateway: Gateway) -> None:
    before: list[float] = []
    beside: list[float] = []
    async with trio.open_nursery() as nursery:
        stopping = trio.Event()
        times = [before]
        for _ in range(HONEST):
            nursery.start_soon(pay_and_poll, gateway.address, times, stopping)
        await trio.sleep(scene.before)
        times[0] = beside
        gone_after = await hostile_clients(scene, gateway)
        stopping.set()
    first, then = percentile_99(before), percentile_99(beside)
    print(f"p99 {first * 1000:.1f} ms of {len(before)}, {then * 1000:.1f} ms of {len(beside)} beside")  # noqa: T201
    print({kind: f"{seconds:.0f} s" for kind, seconds in gone_after.items()})  # noqa: T201
    assert then <= scene.slowest(first)
    assert [] == [line for line in gateway.lines if '"error"' in line or '"critical"' in line]


async def hostile_clients(scene: Scene, gateway: Gateway) -> dict[str, float]:
    """Let them come, and return after how long each kind was gone from the gateway."""
    clients = [kind(gateway.address, scene.trickle) for kind in KINDS for _ in range(scene.of_each_kind)]
    async with trio.open_nursery() as nursery:
        for client in clients:
            await nursery.start(client)
        began = trio.current_time()
        gone_after: dict[str, float] = {}
        with trio.fail_after(scene.gone_within):
            await until_gone(clients, gateway, began, gone_after)
        nursery.cancel_scope.cancel()
    return gone_after


async def until_gone(
    clients: list[Hostile], gateway: Gateway, began: float, gone_after: dict[str, float]
) -> None:
    assert {client.port for client in clients} & held_by_gateway(gateway.process.pid, gateway.address[1])
    while len(gone_after) < len(KINDS):
        await trio.sleep(0.1)
        held = held_by_gateway(gateway.process.pid, gateway.address[1])
        for kind in KINDS:
            if not any(client.port in held for client in clients if type(client) is kind):
                gone_after.setdefault(kind.__name__, trio.current_time() - began)


async def pay_and_poll(address: tuple[str, int], times: list[list[float]], stopping: trio.Event) -> None:
    """Pay, then fetch the job, over one connection that is kept alive; each answer must be the right one."""
    async with await trio.open_tcp_stream(*address) as client:
        while not stopping.is_set():
            job = await timed(client, WHOLE, 202, times[0])
            location = f"/jobs/{job['jobId']}".encode()
            for _ in range(3):
                await timed(client, GET % location, 200, times[0])
                await trio.sleep(PAUSE_SECONDS)


async def timed(
    client: trio.SocketStream, request: bytes, status: int, seconds: list[float]
) -> dict[str, object]:
    began = trio.current_time()
    await client.send_all(request)
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
        more = await client.receive_some()
        assert more, f"closed after {answer!r}"
        answer += more
    seconds.append(trio.current_time() - began)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    document: dict[str, object] = json.loads(body)
    return document


def percentile_99(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) * 99 // 100]
