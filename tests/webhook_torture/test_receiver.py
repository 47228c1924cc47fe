"""The receiver as a process of its own: what it answers, what it takes down, how its trouble is spread."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.torture.children import start
from tests.torture.world import free_port
from tests.webhook_torture.evidence import lines_of, requests_of
from tests.webhook_torture.trouble import WELL_FROM, Reply, reply_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DELIVERIES = 2_000
EVENT = "job.created of order"


def body(made: str) -> bytes:
    """Return one of the event that `seed_of` is about."""
    document = {"type": "job.created", "data": {"payment": {"reference": "order"}}, "made": made}
    return json.dumps(document).encode()


def seed_of(*replies: Reply) -> int:
    """Return a seed under which the tries to tell of one event are answered so."""
    return next(
        seed
        for seed in range(1_000_000)
        if all(
            reply_to(seed, "job.created of order", number) is reply for number, reply in enumerate(replies, 1)
        )
    )


@asynccontextmanager
async def receiver(folder: Path, seed: int) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of one that is in trouble."""
    port = free_port()
    options = ("--port", str(port), "--log", str(folder / "received"), "--seed", str(seed))
    child = await start("The receiver", folder / "log", "tests.webhook_torture.receiver", *options)
    url = f"http://127.0.0.1:{port}"
    try:
        await child.ready(f"{url}/ready")
        async with httpx.AsyncClient(base_url=url, headers={"webhook-id": "whd_1"}, timeout=30) as client:
            assert 200 == (await client.post("/trouble", content=b"")).status_code
            yield client
    finally:
        await child.kill()


async def test_each_try_is_answered_as_the_seed_says_and_is_a_line_of_the_log(tmp_path: Path) -> None:
    seed = seed_of(Reply.UNAVAILABLE, Reply.RESET, Reply.TOO_MANY, Reply.WELL)
    async with receiver(tmp_path, seed) as client:
        assert 503 == (await client.post("/troubled", content=body("a"))).status_code
        with pytest.raises(httpx.NetworkError):
            await client.post("/troubled", content=body("a"))
        asked_to_wait = await client.post("/troubled", content=body("a"))
        assert (429, "1") == (asked_to_wait.status_code, asked_to_wait.headers["Retry-After"])
        assert 200 == (await client.post("/troubled", content=body("b"))).status_code
        assert 200 == (await client.post("/healthy", content=body("c"))).status_code
    requests = list(requests_of(lines_of(tmp_path / "received")))
    assert [
        (0, "/troubled", "a", 503),
        (1, "/troubled", "a", None),
        (2, "/troubled", "a", 429),
        (3, "/troubled", "b", 200),
        (4, "/healthy", "c", 200),
    ] == [(one.place, one.path, json.loads(one.body)["made"], one.status) for one in requests]
    assert {"whd_1"} == {one.id for one in requests}


async def test_what_hangs_is_not_answered_and_once_it_is_calm_nothing_hangs(tmp_path: Path) -> None:
    async with receiver(tmp_path, seed_of(Reply.HANG, Reply.HANG)) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/troubled", content=body("a"), timeout=0.3)
        await client.post("/calm", content=b"")
        assert 200 == (await client.post("/troubled", content=body("a"))).status_code


async def test_what_is_no_request_is_a_line_of_the_log_too(tmp_path: Path) -> None:
    async with receiver(tmp_path, 1) as client:
        # Closed without an answer; where the chunk came by then and was not read, the system resets it.
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await client.post("/troubled", content=chunks())
    (line,) = lines_of(tmp_path / "received")
    assert "is in chunks" in line["malformed"]


async def chunks() -> AsyncIterator[bytes]:
    yield b"a"


def test_two_in_five_tries_are_in_vain_until_the_seventh_and_none_from_it_on() -> None:
    replies = Counter(reply_to(7, f"order {number}", 1) for number in range(DELIVERIES))
    shares = {reply: count / DELIVERIES for reply, count in replies.items()}
    failing = sum(shares[reply] for reply in (Reply.ERROR, Reply.UNAVAILABLE, Reply.RESET, Reply.CLOSE))
    assert 0.30 == pytest.approx(failing, abs=0.04)
    assert 0.05 == pytest.approx(shares[Reply.HANG], abs=0.02)
    assert 0.05 == pytest.approx(shares[Reply.TOO_MANY], abs=0.02)
    assert {Reply.WELL} == {reply_to(7, f"order {number}", WELL_FROM) for number in range(DELIVERIES)}
