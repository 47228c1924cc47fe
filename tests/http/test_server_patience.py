"""Clients that take their time: each is given up, however it trickles, and Hypercorn as it comes keeps it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import pytest
import trio
from attrs import evolve
from quart import Response, request
from quart_trio import QuartTrio

from pgw.http import answers
from pgw.http.exchange import BODY, LARGEST_BODY_BYTES, Exchange
from pgw.http.patience import Patience
from tests.http.applications import Answering, Flooding
from tests.http.serving import CLOCK, IMPATIENT, Served, heard, ours, problem_in, rest_within, stock

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nCookie: "
POST = b"POST /payments HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
LONG = 10.0  # more than all of `IMPATIENT` together, on a slow machine


@asynccontextmanager
async def quart(patience: Patience) -> AsyncIterator[Served]:
    """Serve by Quart-Trio and our own exchange, which reads each body itself."""
    app = QuartTrio("test")
    app.asgi_http_class = Exchange

    async def payments() -> Response:
        received = cast("Any", request.scope)[BODY]
        document = answers.problem_document(received.error, "req", CLOCK.now(), instance="/")
        return Response(answers.encode(document), document["status"], content_type=answers.PROBLEM)

    app.add_url_rule("/payments", "payments", cast("Any", payments), methods=["POST"])
    async with ours(cast("Any", app), patience) as served:
        yield served


async def trickle(client: trio.SocketStream, data: bytes) -> None:
    try:
        while True:
            await client.send_all(data)
            await trio.sleep(0.02)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass


async def ended(client: trio.SocketStream, trickled: bytes, seconds: float = LONG) -> bytes | None:
    async with trio.open_nursery() as nursery:
        if trickled:
            nursery.start_soon(trickle, client, trickled)
        answer = await rest_within(client, seconds)
        nursery.cancel_scope.cancel()
    return answer


@pytest.mark.parametrize(("first", "trickled"), [(b"", b""), (HEAD, b""), (HEAD, b"x")])
@pytest.mark.parametrize("before", [b"", GET])
async def test_a_head_that_does_not_come_is_waited_for_no_longer(
    before: bytes, first: bytes, trickled: bytes
) -> None:
    # Where a head has begun, none of the other times ends it.
    patience = evolve(IMPATIENT, first_byte=60, keep_alive=60) if first else IMPATIENT
    async with ours(Answering(), patience) as served, await served.connect() as client:
        await client.send_all(before + first)
        if before:
            await heard(client, b"ok")
        answer = await ended(client, trickled)
        assert answer is not None
        if first == HEAD:
            status, document = problem_in(answer)
            assert (408, "RequestTimeout") == (status, document["code"])
        else:
            assert b"" == answer


async def test_a_body_that_trickles_is_refused_and_then_waited_for_no_longer() -> None:
    async with quart(IMPATIENT) as served, await served.connect() as client:
        await client.send_all(POST)
        answer = await ended(client, b"x")
        assert answer is not None
        status, document = problem_in(answer, closes=False)
        assert (408, "RequestTimeout") == (status, document["code"])


async def test_a_body_that_trickles_after_an_early_answer_is_discarded_for_a_while_only() -> None:
    large = b"x" * (LARGEST_BODY_BYTES + 1)
    async with quart(IMPATIENT) as served, await served.connect() as client:
        await client.send_all(POST + large)
        answer = await ended(client, b"x")
        assert answer is not None
        assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_trickles_into_hypercorn_as_it_comes_is_read_for_ever() -> None:
    serving = stock(Answering(), keep_alive=IMPATIENT.keep_alive)
    async with serving as served, await served.connect() as client:
        await client.send_all(POST)
        assert None is await ended(client, b"x", 1.2)


async def test_a_client_that_reads_nothing_is_given_up_and_kept_by_hypercorn_as_it_comes() -> None:
    for serving, is_kept in ((partial(ours, patience=IMPATIENT), False), (stock, True)):
        application = Flooding()
        async with serving(application) as served, await served.connect() as client:
            await client.send_all(GET)
            with trio.move_on_after(1.2 if is_kept else LONG):
                await application.ended.wait()
            assert is_kept is not application.ended.is_set()
            await client.aclose()


async def test_an_answer_that_takes_longer_than_each_of_these_times_is_waited_for() -> None:
    application = Answering(after=1.2)
    async with ours(application, IMPATIENT) as served, await served.connect() as client:
        await client.send_all(GET)
        assert b"202" == (await heard(client, b"ok"))[9:12]


async def test_a_client_that_left_is_worked_for_a_while_only() -> None:
    application = Answering(after=60)
    async with ours(application, IMPATIENT) as served:
        async with await served.connect() as client:
            await client.send_all(GET)
            await application.began.wait()
        await application.ended.wait()
