"""Endpoints that want our memory or our time: each try ends, and little of what they say is read."""

import gzip

import pytest
import trio
from trio.testing import MockClock

from pgw.webhooks.answer import LONGEST_SNIPPET
from pgw.webhooks.exchange import LARGEST_BODY_BYTES, LARGEST_HEAD_BYTES
from pgw.webhooks.port import Answered, NotAnswered
from tests.webhooks.conftest import StartEndpoint
from tests.webhooks.raw_endpoint import Script, Visit, answer, repeats, says, says_and_leaves
from tests.webhooks.scene import send, send_until_too_late

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("beginning", "part"),
    [
        (OK, b"X-Filler: " + b"x" * 100 + b"\r\n"),
        (OK + b"X-Filler: ", b"x" * 1000),
        (b"HTTP/1.1 200 ", b"O" * 1000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"),
    ],
)
async def test_a_head_without_end_is_read_up_to_a_bound(
    beginning: bytes, part: bytes, start_endpoint: StartEndpoint
) -> None:
    endpoint = await start_endpoint(repeats(beginning, part))
    said = await send(f"http://127.0.0.1:{endpoint.port}/")
    assert NotAnswered("The head of the endpoint's answer is too large.") == said
    with trio.fail_after(5):
        await endpoint.has_been_left.wait()


@pytest.mark.parametrize(
    ("beginning", "part"),
    [
        (OK + b"\r\n", b"x" * 1000),
        (OK + b"Content-Length: 9999999999999\r\n\r\n", b"x" * 1000),
        (CHUNKED, b"3e8\r\n" + b"x" * 1000 + b"\r\n"),
    ],
)
async def test_a_body_without_end_is_read_up_to_a_bound(
    beginning: bytes, part: bytes, start_endpoint: StartEndpoint
) -> None:
    endpoint = await start_endpoint(repeats(beginning, part))
    said = await send(f"http://127.0.0.1:{endpoint.port}/")
    assert Answered(200, "x" * LONGEST_SNIPPET) == said
    with trio.fail_after(5):
        await endpoint.has_been_left.wait()


@pytest.mark.parametrize("part", [b"1\r\nx\r\n", b"1;" + b"y" * 1000 + b"\r\nx\r\n"])
async def test_chunks_that_are_mostly_framing_are_bounded_by_what_was_received(
    part: bytes, start_endpoint: StartEndpoint
) -> None:
    endpoint = await start_endpoint(repeats(CHUNKED, part))
    said = await send(f"http://127.0.0.1:{endpoint.port}/")
    assert isinstance(said, Answered)
    assert set(said.snippet or "") == {"x"}


async def test_trailers_without_end_are_bounded(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(repeats(CHUNKED + b"6\r\nthanks\r\n0\r\n", b"X-Filler: x\r\n"))
    assert Answered(200, "thanks") == await send(f"http://127.0.0.1:{endpoint.port}/")


async def test_a_compressed_body_is_not_unpacked(start_endpoint: StartEndpoint) -> None:
    bomb = gzip.compress(bytes(2_000_000))
    assert len(bomb) < LARGEST_BODY_BYTES
    endpoint = await start_endpoint(says(answer(bomb, 200, b"Content-Encoding: gzip\r\n")))
    assert Answered(200) == await send(f"http://127.0.0.1:{endpoint.port}/")


@pytest.mark.parametrize(
    "script",
    [
        says_and_leaves(OK + b"Content-Length: 100\r\n\r\nthanks"),
        says_and_leaves(CHUNKED + b"6\r\nthanks\r\n"),
        says_and_leaves(CHUNKED + b"6\r\nthanks\r\n1"),
        says(CHUNKED + b"6\r\nthanks\r\nnonsense\r\n"),
        says(answer(b"thanks") + answer(b"and again", 500)),
        says(b"HTTP/1.1 100 Continue\r\n\r\n" * 10 + answer(b"thanks")),
    ],
)
async def test_the_status_counts_whatever_comes_behind_the_head(
    script: Script, start_endpoint: StartEndpoint
) -> None:
    endpoint = await start_endpoint(script)
    assert Answered(200, "thanks") == await send(f"http://127.0.0.1:{endpoint.port}/")


async def test_a_body_that_hangs_ends_in_time_and_the_status_counts(
    start_endpoint: StartEndpoint, mock_clock: MockClock
) -> None:
    endpoint = await start_endpoint(says(OK + b"Content-Length: 100\r\n\r\nthanks"))
    url = f"http://127.0.0.1:{endpoint.port}/"
    assert Answered(200, "thanks") == await send_until_too_late(url, mock_clock, endpoint.has_said_all)
    with trio.fail_after(5):
        await endpoint.has_been_left.wait()


async def test_a_head_that_hangs_ends_in_time(start_endpoint: StartEndpoint, mock_clock: MockClock) -> None:
    endpoint = await start_endpoint(says(OK + b"Content-Le"))
    url = f"http://127.0.0.1:{endpoint.port}/"
    said = await send_until_too_late(url, mock_clock, endpoint.has_said_all)
    assert NotAnswered("The endpoint did not finish the head of its answer within 15 s.") == said


async def test_a_head_that_trickles_ends_in_time(
    start_endpoint: StartEndpoint, mock_clock: MockClock
) -> None:
    async def trickles(visit: Visit) -> None:
        await visit.take_request()
        await visit.say(OK)
        for number in range(LARGEST_HEAD_BYTES):
            await visit.say(b"x")
            await trio.sleep(0.01)
            if number == 10:
                visit.endpoint.has_said_all.set()

    endpoint = await start_endpoint(trickles)
    url = f"http://127.0.0.1:{endpoint.port}/"
    said = await send_until_too_late(url, mock_clock, endpoint.has_said_all)
    assert NotAnswered("The endpoint did not finish the head of its answer within 15 s.") == said


async def test_a_request_that_is_not_taken_ends_in_time(
    start_endpoint: StartEndpoint, mock_clock: MockClock
) -> None:
    has_come, left = trio.Event(), trio.Event()

    async def takes_nothing(_visit: Visit) -> None:
        has_come.set()
        await left.wait()

    endpoint = await start_endpoint(takes_nothing)
    url = f"http://127.0.0.1:{endpoint.port}/"
    said = await send_until_too_late(url, mock_clock, has_come, body=b"x" * 30_000_000)
    assert NotAnswered("The endpoint did not take the request within 15 s.") == said
    left.set()


async def test_an_upgrade_that_nobody_asked_for_is_no_answer(start_endpoint: StartEndpoint) -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nmore"
    endpoint = await start_endpoint(says(head))
    said = await send(f"http://127.0.0.1:{endpoint.port}/")
    assert NotAnswered("What the endpoint answered is not HTTP/1.1.") == said
