"""Bounds of time and size, on streams in memory with a clock that jumps."""

from collections.abc import AsyncIterator

import pytest
import trio
from trio.testing import MockClock, memory_stream_pair

from simulator.answers import NO_ANSWER, Reply, json_answer
from simulator.connection import Connection, Patience
from simulator.faults import Caller as Waiting
from simulator.request import Request

Caller = trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]


async def echo(request: Request, waiting: Waiting) -> Reply:
    if request.target == "/hang":
        await waiting.leaves()
        return NO_ANSWER
    if request.target == "/hang-up":
        await waiting.hang_up()
        await trio.sleep(15)
    return Reply(json_answer(200, {"size": len(request.body)}))


@pytest.fixture
async def caller(nursery: trio.Nursery) -> AsyncIterator[Caller]:
    near, far = memory_stream_pair()
    nursery.start_soon(Connection(far, echo, Patience(idle=5, hang=300)).serve)
    async with near:
        yield near


async def everything(caller: Caller) -> bytes:
    received = bytearray()
    while part := await caller.receive_some():
        received += part
    return bytes(received)


async def test_an_idle_connection_is_closed_without_a_byte(caller: Caller, autojump_clock: MockClock) -> None:
    start = autojump_clock.current_time()
    assert await everything(caller) == b""
    assert autojump_clock.current_time() - start == pytest.approx(5)


@pytest.mark.parametrize(
    "begun",
    [b"G", b"GET /x HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"],
)
async def test_an_unfinished_request_is_told_so_after_10_seconds(
    begun: bytes, caller: Caller, autojump_clock: MockClock
) -> None:
    start = autojump_clock.current_time()
    await caller.send_all(begun)
    answer = await everything(caller)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"connection: close" in answer.lower()
    assert 10 <= autojump_clock.current_time() - start < 12


async def test_a_body_over_64_kib_is_413(caller: Caller) -> None:
    await caller.send_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000)
    assert (await everything(caller)).startswith(b"HTTP/1.1 413 ")


async def test_a_body_of_64_kib_is_read(caller: Caller) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 65536\r\n\r\n"
    await caller.send_all(head + b"x" * 65_536)
    assert (await everything(caller)).endswith(b'{"size":65536}\n')


async def test_a_header_over_16_kib_is_431(caller: Caller) -> None:
    await caller.send_all(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000)
    assert (await everything(caller)).startswith(b"HTTP/1.1 431 ")


async def test_what_is_no_http_is_400(caller: Caller) -> None:
    await caller.send_all(b"hello bank\r\n\r\n")
    assert (await everything(caller)).startswith(b"HTTP/1.1 400 ")


async def test_one_connection_answers_many_requests_even_when_sent_ahead(caller: Caller) -> None:
    last = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"
    await caller.send_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab" * 2 + last)
    answers = await everything(caller)
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert answers.count(b'{"size":2}\n') == 3


async def test_a_caller_that_expects_it_is_told_to_continue(caller: Caller) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n"
    await caller.send_all(head + b"Expect: 100-continue\r\n\r\n")
    assert (await caller.receive_some()).startswith(b"HTTP/1.1 100 ")
    await caller.send_all(b"ab")
    assert (await everything(caller)).endswith(b'{"size":2}\n')


async def test_head_is_answered_without_a_body(caller: Caller) -> None:
    await caller.send_all(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = await everything(caller)
    assert b"content-length: 11\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


async def test_a_hang_ends_after_its_bound(caller: Caller, autojump_clock: MockClock) -> None:
    start = autojump_clock.current_time()
    await caller.send_all(b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await everything(caller) == b""
    assert autojump_clock.current_time() - start == pytest.approx(300)


async def test_a_hang_ends_when_the_caller_leaves(autojump_clock: MockClock) -> None:
    near, far = memory_stream_pair()
    start = autojump_clock.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Connection(far, echo, Patience(idle=5, hang=300)).serve)
        await near.send_all(b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
        await near.aclose()
    assert start == autojump_clock.current_time()


async def test_a_caller_that_is_hung_up_on_gets_no_byte_though_an_answer_follows(
    autojump_clock: MockClock,
) -> None:
    near, far = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Connection(far, echo, Patience(idle=5, hang=300)).serve)
        await near.send_all(b"GET /hang-up HTTP/1.1\r\nHost: a\r\n\r\n")
        assert await everything(near) == b""
        assert autojump_clock.current_time() < 1
    assert autojump_clock.current_time() == pytest.approx(15)
