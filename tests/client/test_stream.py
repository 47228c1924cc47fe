"""Following a stream through all that becomes of its connection, over real sockets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
import trio

from pgw.client import stream as following
from pgw.client.address import GatewayAddress
from pgw.client.receiver import port_of
from pgw.client.refusals import CannotGoOn
from pgw.client.stream import NO_WEBSOCKET, Stream
from tests.client.scripted import SECONDS, Heard, Scripted, follower, refusing, sending, silent

if TYPE_CHECKING:
    from tests.client.scripted import Act

HORIZON = "Events up to seq 40 are no longer kept."
LAST = sending(("stream.ready", 6), close=4410, reason=HORIZON)
"""Ends every follower, so that a script has an end."""


async def followed(*acts: Act, after: int | None = None, job: str | None = None) -> tuple[Heard, Scripted]:
    """Follow a script until something ends it for good."""
    heard, gateway = Heard(), Scripted(*acts)
    async with gateway.running() as url:
        try:
            await follower(url, heard, after=after, job=job).run()
        except* CannotGoOn as ended:
            assert HORIZON in str(ended.exceptions[-1])  # noqa: PT017 - it may be in a group of its own
    return heard, gateway


@pytest.mark.parametrize("close", [1003, 1012, 1013, 1011, None])
async def test_a_lost_connection_is_resumed_after_the_last_event_that_was_told(close: int | None) -> None:
    first = sending(("stream.ready", 4), ("job.created", 5), ("job.completed", 6), close=close)
    heard, gateway = await followed(first, LAST)
    assert ["/jobs/stream", "/jobs/stream?after=6"] == gateway.asked
    assert ([5, 6], [4, 6], []) == (heard.events, heard.connections, heard.gaps)


async def test_a_connection_lost_before_the_first_event_is_resumed_where_it_began() -> None:
    _, gateway = await followed(sending(("stream.ready", 6)), LAST)
    assert ["/jobs/stream", "/jobs/stream?after=6"] == gateway.asked


async def test_what_comes_again_is_not_told_again() -> None:
    again = (("stream.ready", 4), ("job.created", 5), ("job.completed", 6), ("job.created", 7))
    heard, _ = await followed(sending(*again[:3]), sending(*again, close=4410, reason=HORIZON), after=4)
    assert [5, 6, 7] == heard.events


async def test_what_is_missing_is_told_and_the_rest_goes_on() -> None:
    frames = (("stream.ready", 4), ("job.created", 7), ("job.completed", 8), ("stream.heartbeat", 9))
    heard, _ = await followed(sending(*frames, close=4410, reason=HORIZON))
    assert ([7, 8], [(5, 6), (9, 9)]) == (heard.events, heard.gaps)


async def test_types_to_come_are_passed_through_and_the_streams_own_are_no_events() -> None:
    frames = (("stream.ready", 4), ("webhook_endpoint.disabled", 5), ("stream.to_come", 5), ("x", 6))
    heard, _ = await followed(sending(*frames, close=4410, reason=HORIZON))
    assert ([5, 6], []) == (heard.events, heard.gaps)


async def test_one_jobs_stream_ends_with_its_last_event() -> None:
    frames = (("stream.ready", 0), ("job.created", 7), ("job.completed", 12))
    heard, gateway = await followed(sending(*frames, close=1000), job="job/a b")
    assert ([7, 12], [], []) == (heard.events, heard.gaps, heard.losses)
    assert ["/jobs/job%2Fa%20b/stream"] == gateway.asked


async def test_a_connection_that_is_silent_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SILENCE_SECONDS", 0.3)
    heard, gateway = await followed(silent, LAST, after=4)
    assert ["nothing was heard for 0.3 s"] == heard.losses
    assert ["/jobs/stream?after=4"] * 2 == gateway.asked


@pytest.mark.parametrize("said", [b"", b"HTTP", b"HTTP/1.1 200 OK\r\n\r\nhalf"])
@pytest.mark.parametrize("is_reset", [False, True])
async def test_a_connection_that_ends_within_its_handshake_is_not_waited_for(
    said: bytes, *, is_reset: bool
) -> None:
    async def leave(stream: trio.SocketStream) -> None:
        if not is_reset:  # what was not read makes it one
            await stream.receive_some()
        if said:
            await stream.send_all(said)

    heard = Heard()
    with trio.fail_after(SECONDS):
        async with trio.open_nursery() as nursery:
            (listener,) = await nursery.start(partial(trio.serve_tcp, leave, 0, host="127.0.0.1"))
            nursery.start_soon(follower(f"http://127.0.0.1:{port_of(listener)}", heard).run)
            await heard.lost_times(2)
            nursery.cancel_scope.cancel()
    assert {NO_WEBSOCKET} == set(heard.losses)


async def test_a_refusal_without_end_is_read_to_a_bound() -> None:
    taken, is_left = 0, trio.Event()

    async def refuse(stream: trio.SocketStream) -> None:
        nonlocal taken
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while taken < 64 * 1024**2:
                await stream.send_all(b"10000\r\n" + bytes(0x10000) + b"\r\n")
                taken += 0x10000
        except trio.BrokenResourceError:
            is_left.set()

    heard = Heard()
    with trio.fail_after(SECONDS):
        async with trio.open_nursery() as nursery:
            (listener,) = await nursery.start(partial(trio.serve_tcp, refuse, 0, host="127.0.0.1"))
            url = f"http://127.0.0.1:{port_of(listener)}"
            nursery.start_soon(follower(url, heard, wait=30).run)
            await is_left.wait()
            nursery.cancel_scope.cancel()
    assert 0 < taken < 64 * 1024**2
    assert [NO_WEBSOCKET] == heard.losses


async def test_overload_is_waited_for_as_long_as_it_says() -> None:
    overloaded = refusing(503, "Overloaded", (b"Retry-After", b"1"))
    heard, _ = await followed(overloaded, refusing(429, "RateLimited"), LAST)
    assert ["it answered 503 Overloaded", "it answered 429 RateLimited"] == heard.losses
    assert (True, True) == (heard.waits[0] == 1, heard.waits[1] < 0.1)


async def test_no_compression_is_asked_for_and_the_key_is_in_the_header() -> None:
    _, gateway = await followed(LAST)
    (headers,) = gateway.headers
    assert "sec-websocket-extensions" not in headers
    assert "Bearer ap_123" == headers["authorization"]


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (refusing(401, "UnauthorizedAccess"), "does not honour the key"),
        (refusing(403, "InsufficientScope"), "It is InsufficientScope. (403 InsufficientScope)"),
        (refusing(404, "UnknownJob"), "It is UnknownJob. (404 UnknownJob)"),
        (
            sending(("stream.ready", 4), close=1008, reason="It has ended."),
            "It has ended. (closed with 1008)",
        ),
        (sending(("stream.ready", 4), close=4410, reason=HORIZON), f"{HORIZON} (closed with 4410)"),
    ],
)
async def test_what_trying_again_would_not_help_ends_it(act: Act, told: str) -> None:
    heard, gateway = Heard(), Scripted(act)
    async with gateway.running() as url:
        with pytest.RaisesGroup(CannotGoOn, allow_unwrapped=True, flatten_subgroups=True) as ended:
            await follower(url, heard).run()
    (error,) = getattr(ended.value, "exceptions", [ended.value])
    assert told in str(error)
    assert [] == heard.losses


def test_a_key_is_in_no_repr() -> None:
    stream = Stream(GatewayAddress.of("http://127.0.0.1:1"), "ap_secret")
    assert "ap_secret" not in repr(stream)


async def test_an_event_that_was_not_told_to_its_end_comes_again() -> None:
    class Failing(Heard):
        def happened(self, frame: object) -> None:  # noqa: ARG002
            raise BrokenPipeError

    act = sending(("stream.ready", 4), ("job.created", 5), close=1000)
    async with Scripted(act).running() as url:
        one = follower(url, Failing())
        with pytest.RaisesGroup(BrokenPipeError, flatten_subgroups=True):
            await one.run()
    assert 4 == one.after


async def test_cancelling_does_not_wait_for_a_peer_that_answers_no_closing() -> None:
    heard = Heard()
    async with Scripted(silent).running() as url:
        with trio.move_on_after(0.5) as scope:
            await follower(url, heard).run()
        assert scope.cancelled_caught
        assert trio.current_time() < scope.deadline + 5
    assert [4] == heard.connections


async def test_a_peer_that_never_answers_the_handshake_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "HANDSHAKE_SECONDS", 0.2)
    heard = Heard()
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        with trio.move_on_after(1):
            await follower(url, heard).run()
    assert "it did not answer within 0.2 s" == heard.losses[0]


async def test_a_gateway_that_was_never_there_is_a_mistake_and_one_that_went_is_waited_for() -> None:
    heard = Heard()
    async with Scripted(sending(("stream.ready", 4))).running() as url:
        pass
    with pytest.raises(CannotGoOn, match=f"not reachable at {url}: connection refused. Is it running"):
        await follower(url, heard).run()
    gateway = Scripted(sending(("stream.ready", 4)))
    async with trio.open_nursery() as nursery:
        async with gateway.running() as url:
            nursery.start_soon(follower(url, heard, wait=0.2).run)
            await heard.lost_times(1)
        with trio.fail_after(10):
            await heard.lost_times(3)
        nursery.cancel_scope.cancel()
    assert "it is not reachable: connection refused" in heard.losses
