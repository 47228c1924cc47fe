"""Payments that are refused unread while more are at work than can be."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from structlog.testing import capture_logs

from pgw.http.door import MOST_AT_WORK, TOLD_EVERY_SECONDS, TURNED_AWAY, Door
from pgw.http.front import Message, Receive, Scope, Send
from tests.end_to_end.sockets import BODY, HEALTH, WHOLE, post
from tests.http.applications import Answering, AtLength
from tests.http.hand_clock import HandClock, a_door
from tests.http.serving import Served, heard, ours, problem_in, rest

READ_APART_SECONDS = 0.05
GET = HEALTH.replace(b"/health/live", b"/payments/pay_x")


class Reads:
    """An application that says what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.turned_away: list[bool] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message: Message = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
        self.asked.append(scope["method"])
        self.turned_away.append(scope.get(TURNED_AWAY, False))
        await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"read", "more_body": False})


async def until(holds: Callable[[], bool]) -> None:
    """Look again and again; the server under test has a bound for it."""
    while not holds():  # noqa: ASYNC110 - what is looked at tells nobody of its changes
        await trio.sleep(0.01)


@asynccontextmanager
async def overloaded(application: Reads) -> AsyncIterator[tuple[Served, Door, HandClock]]:
    """Serve with as many payments at work as can be."""
    clock = HandClock()
    door = a_door(clock)
    for caller in range(MOST_AT_WORK):
        door.enter(caller)
    async with ours(application, door=door) as served:
        yield served, door, clock


async def test_a_payment_is_turned_away_and_its_connection_kept_for_the_next() -> None:
    application = Reads()
    async with overloaded(application) as (served, door, _), await served.connect() as client:
        for request_id in (b"mine", b"mine.too"):
            await client.send_all(WHOLE.replace(b"Host: x", b"Host: x\r\nX-Request-Id: " + request_id))
            answer = await heard(client, b'"}')
            status, problem = problem_in(answer, closes=False)
            assert (503, "Overloaded", "/payments") == (status, problem["code"], problem["instance"])
            assert request_id.decode() == problem["requestId"]
            assert b"\r\nretry-after: 1\r\n" in answer.lower()
        assert [] == application.asked
        door.leave(0)
        await client.send_all(WHOLE)
        assert (await heard(client, b"read")).startswith(b"HTTP/1.1 202 ")
    assert ["POST"] == application.asked


@pytest.mark.parametrize(
    ("pieces", "is_turned_away"),
    [
        pytest.param((GET,), False, id="a read"),
        pytest.param((WHOLE[:-1], WHOLE[-1:]), True, id="in two pieces"),
        pytest.param((post(b"Transfer-Encoding: chunked") + b"0\r\n\r\n",), True, id="in chunks"),
        pytest.param(
            (HEALTH[:-2] + b"X: ", b"POST /payments HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
            False,
            id="in a header",
        ),
        pytest.param((post(b"Content-Length: %d" % len(WHOLE)), WHOLE), True, id="in a body"),
    ],
)
async def test_whatever_else_comes_is_read_as_ever(
    pieces: tuple[bytes, ...], *, is_turned_away: bool
) -> None:
    """What looks like a payment inside of another request must never be answered as one.

    Of a payment that came in pieces the endpoint learns that the door was closed.
    """
    application = Reads()
    async with overloaded(application) as (served, _, _), await served.connect() as client:
        for piece in pieces:
            await client.send_all(piece)
            await trio.sleep(READ_APART_SECONDS)
        assert (await heard(client, b"read")).startswith(b"HTTP/1.1 202 ")
    assert [is_turned_away] == application.turned_away


@pytest.mark.parametrize("operation", ["captures", "voids", "refunds"])
async def test_an_operation_on_a_payment_is_neither_turned_away_nor_counted(operation: str) -> None:
    """Few are sent, and each is of a payment that was taken already."""
    path = f"POST /payments/pay_x/{operation} ".encode()
    application = Reads()
    async with overloaded(application) as (served, door, _), await served.connect() as client:
        for one in (WHOLE.replace(b"POST /payments ", path), post(b"Content-Length: 0")):
            await client.send_all(one.replace(b"POST /payments ", path))
            assert (await heard(client, b"read")).startswith(b"HTTP/1.1 202 ")
        assert (0, MOST_AT_WORK) == (door.turned_away, door.at_work)
    assert [False, False] == application.turned_away


async def test_requests_behind_one_that_is_at_work_are_read_in_turn() -> None:
    application = Reads()
    async with overloaded(application) as (served, _, _), await served.connect() as client:
        await client.send_all(GET + WHOLE)
        await heard(client, b"read")
        await heard(client, b"read")
    assert ["GET", "POST"] == application.asked


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_payment_is_at_work_from_its_last_byte_until_its_answer_or_its_clients_end(
    leaves: bool,
) -> None:
    clock = HandClock()
    door, application = a_door(clock), Answering(after=0.2)
    async with ours(application, door=door) as served:
        async with await served.connect() as client:
            await client.send_all(WHOLE[:-1])
            await application.began.wait()
            assert 0 == door.at_work
            await client.send_all(WHOLE[-1:])
            await until(lambda: door.at_work == 1)
            if not leaves:
                await heard(client, b"ok")
                await until(lambda: door.at_work == 0)
        await until(lambda: door.at_work == 0)


WITHOUT_HOST = WHOLE.replace(b"Host: x\r\n", b"")


async def test_whoever_sends_no_request_or_reads_no_answer_holds_no_place() -> None:
    """No key is needed for either, and a place held is a place less for every merchant."""
    door = a_door(HandClock())
    async with ours(AtLength(), door=door) as served, trio.open_nursery() as nursery:
        for request in (WITHOUT_HOST, WHOLE):
            client = await served.connect()
            nursery.start_soon(_hold_open, client)
            await client.send_all(request)
            assert (await client.receive_some(12)).startswith(b"HTTP/1.1 ")
            assert 0 == door.at_work
        nursery.cancel_scope.cancel()


async def _hold_open(client: trio.SocketStream) -> None:
    async with client:
        await trio.sleep_forever()


async def test_a_payment_at_a_server_that_stops_is_not_turned_away_as_overload() -> None:
    """It is told why, by the gateway itself, and its connection is closed with the answer."""
    application, door, stopping = Reads(), a_door(HandClock()), trio.Event()
    for caller in range(MOST_AT_WORK):
        door.enter(caller)
    async with (
        ours(application, door=door, stopping=stopping) as served,
        await served.connect() as client,
    ):
        stopping.set()
        await trio.sleep(READ_APART_SECONDS)
        await client.send_all(WHOLE)
        assert 1 == (await rest(client)).count(b"HTTP/1.1 202 ")
    assert [True] == application.turned_away


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
