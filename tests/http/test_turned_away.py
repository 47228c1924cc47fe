"""Payments that are refused unread while more are at work than can be."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest
import trio
from structlog.testing import capture_logs

from pgw.http.door import LONGEST_AT_WORK_SECONDS, MOST_AT_WORK, TOLD_EVERY_SECONDS, Door
from pgw.http.front import Message, Receive, Scope, Send
from tests.end_to_end.sockets import BODY, HEALTH, WHOLE, post
from tests.http.hands import Hands
from tests.http.serving import Served, heard, ours, problem_in

READ_APART_SECONDS = 0.05
GET = HEALTH.replace(b"/health/live", b"/payments/pay_x")


class Reads:
    """An application that says what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message: Message = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
        self.asked.append(scope["method"])
        await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"read", "more_body": False})


@asynccontextmanager
async def overloaded(application: Reads) -> AsyncIterator[tuple[Served, ExitStack, Hands]]:
    """Serve with one payment at work more than is right, and the first for too long."""
    clock = Hands()
    door = Door(clock)
    with ExitStack() as at_work:
        for _ in range(MOST_AT_WORK + 1):
            at_work.enter_context(door.entered())
        clock.seconds += LONGEST_AT_WORK_SECONDS * 2
        async with ours(application, door=door) as served:
            yield served, at_work, clock


async def test_a_payment_is_turned_away_and_its_connection_kept_for_the_next() -> None:
    application = Reads()
    async with overloaded(application) as (served, at_work, _), await served.connect() as client:
        for request_id in (b"mine", b"mine.too"):
            await client.send_all(WHOLE.replace(b"Host: x", b"Host: x\r\nX-Request-Id: " + request_id))
            answer = await heard(client, b'"}')
            status, problem = problem_in(answer, closes=False)
            assert (503, "Overloaded", "/payments") == (status, problem["code"], problem["instance"])
            assert request_id.decode() == problem["requestId"]
            assert b"\r\nretry-after: 1\r\n" in answer.lower()
        assert [] == application.asked
        at_work.close()
        await client.send_all(WHOLE)
        assert (await heard(client, b"read")).startswith(b"HTTP/1.1 202 ")
    assert ["POST"] == application.asked


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((GET,), id="a read"),
        pytest.param((WHOLE[:-1], WHOLE[-1:]), id="in two pieces"),
        pytest.param((post(b"Transfer-Encoding: chunked") + b"0\r\n\r\n",), id="in chunks"),
        pytest.param(
            (HEALTH[:-2] + b"X: ", b"POST /payments HTTP/1.1\r\nContent-Length: 0\r\n\r\n"), id="in a header"
        ),
        pytest.param((post(b"Content-Length: %d" % len(WHOLE)), WHOLE), id="in a body"),
    ],
)
async def test_whatever_else_comes_is_read_as_ever(pieces: tuple[bytes, ...]) -> None:
    """What looks like a payment inside of another request must never be answered as one."""
    application = Reads()
    async with overloaded(application) as (served, _, _), await served.connect() as client:
        for piece in pieces:
            await client.send_all(piece)
            await trio.sleep(READ_APART_SECONDS)
        assert (await heard(client, b"read")).startswith(b"HTTP/1.1 202 ")
    assert 1 == len(application.asked)


async def test_requests_behind_one_that_is_at_work_are_read_in_turn() -> None:
    application = Reads()
    async with overloaded(application) as (served, _, _), await served.connect() as client:
        await client.send_all(GET + WHOLE)
        await heard(client, b"read")
        await heard(client, b"read")
    assert ["GET", "POST"] == application.asked


async def test_the_log_says_so_once_a_second() -> None:
    with capture_logs() as lines:
        async with overloaded(Reads()) as (served, _, clock), await served.connect() as client:
            for _ in range(3):
                await client.send_all(WHOLE)
                await heard(client, b'"}')
            clock.seconds += TOLD_EVERY_SECONDS
            await client.send_all(WHOLE)
            await heard(client, b'"}')
    told = [line["Count"] for line in lines if line["event"] == "PaymentsTurnedAway"]
    assert [1, 3] == told
    assert BODY.decode() not in str(lines)
