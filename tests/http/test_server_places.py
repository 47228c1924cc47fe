"""At most so many connections: who gives up a place, and who is told that there is none."""

import errno
from contextlib import AsyncExitStack
from typing import Any

import pytest
import trio
from attrs import evolve

from pgw.http import open_connections
from tests.http.applications import Answering
from tests.http.serving import PATIENT, Served, heard, ours, problem_in, rest

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
EVICTABLE = PATIENT.evictable


async def asked(served: Served) -> trio.SocketStream:
    """Return a connection that has been answered once."""
    client = await served.connect()
    await client.send_all(GET)
    assert b"202" == (await heard(client, b"ok"))[9:12]
    return client


async def is_alive(client: trio.SocketStream) -> bool:
    try:
        await client.send_all(GET)
        return (await heard(client, b"ok")).startswith(b"HTTP/1.1 202 ")
    except (AssertionError, trio.BrokenResourceError):
        return False


async def test_the_connection_that_has_waited_longest_gives_up_its_place() -> None:
    async with ours(Answering(), most=3) as served, AsyncExitStack() as closing:
        fresh = await closing.enter_async_context(await served.connect())
        await trio.sleep(EVICTABLE)
        kept_alive, younger = [await closing.enter_async_context(await asked(served)) for _ in range(2)]
        await trio.sleep(2 * EVICTABLE)
        fourth = await closing.enter_async_context(await asked(served))
        assert b"" == await rest(fresh)
        assert await is_alive(kept_alive)  # and so it has waited for less long than the younger one
        await trio.sleep(2 * EVICTABLE)
        fifth = await closing.enter_async_context(await asked(served))
        assert [True, True, True] == [await is_alive(client) for client in (kept_alive, fourth, fifth)]
        assert b"" == await rest(younger)


async def test_a_head_that_is_not_sent_gives_up_its_place_too() -> None:
    async with ours(Answering(), most=1) as served, await served.connect() as slow:
        await slow.send_all(GET[:10])
        await trio.sleep(3 * EVICTABLE)
        async with await asked(served):
            assert b"" == await rest(slow)


async def test_where_none_waits_a_connection_is_told_so_and_the_work_goes_on() -> None:
    application = Answering(after=0.4)
    async with ours(application, most=1) as served, await served.connect() as busy:
        await busy.send_all(GET)
        await application.began.wait()
        answer = await served.answer_to(GET)
        status, document = problem_in(answer)
        assert (503, "Overloaded") == (status, document["code"])
        assert b"retry-after: 1\r\n" in answer.lower()
        assert b"202" == (await heard(busy, b"ok"))[9:12]
        assert await is_alive(busy)


async def test_only_so_many_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_connections, "REFUSED_AT_A_TIME", 2)
    application = Answering(after=30)
    async with ours(application, evolve(PATIENT, linger=5), most=1) as served, AsyncExitStack() as closing:
        busy = await closing.enter_async_context(await served.connect())
        await busy.send_all(GET)
        await application.began.wait()
        told = [await closing.enter_async_context(await served.connect()) for _ in range(2)]
        assert [b"503", b"503"] == [(await heard(client, b"}"))[9:12] for client in told]
        assert b"" == await served.answer_to(b"")


async def test_a_place_is_free_again_when_its_client_has_left() -> None:
    async with ours(Answering(), most=1) as served:
        for _ in range(8):
            async with await served.connect() as client:
                assert await is_alive(client)
            await trio.sleep(2 * EVICTABLE)


class OutOfFiles(trio.abc.Listener[trio.SocketStream]):
    """Has no file for the first connections; counts how often it was asked meanwhile."""

    def __init__(self, listener: trio.SocketListener) -> None:
        self._listener = listener
        self.failed = 0

    async def accept(self) -> trio.SocketStream:
        if self.failed < 3:
            self.failed += 1
            await trio.lowlevel.checkpoint()
            raise OSError(errno.EMFILE, "Too many open files")
        return await self._listener.accept()

    async def aclose(self) -> None:
        await self._listener.aclose()


async def test_being_out_of_files_neither_ends_nor_spins_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped = trio.SocketListener
    listeners: list[OutOfFiles] = []

    def listener(of: Any) -> Any:
        listeners.append(OutOfFiles(wrapped(of)))
        return listeners[-1]

    monkeypatch.setattr(trio, "SocketListener", listener)
    began = trio.current_time()
    async with ours(Answering()) as served, await asked(served):
        assert trio.current_time() - began > 0.25  # three times 0.1 s
    assert 3 == listeners[0].failed
