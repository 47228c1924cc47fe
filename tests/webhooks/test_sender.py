"""One try, with what a well-behaved endpoint and an absent one make of it."""

import json
from datetime import timedelta

import pytest
import trio
from trio.testing import MockClock

import pgw
from pgw.http.webhooks.payload import payload
from pgw.webhooks.http import HttpWebhookSender
from pgw.webhooks.network import CheckedNetwork
from pgw.webhooks.port import Answered, NotAnswered
from tests.merchants import WallClock
from tests.webhooks.conftest import StartEndpoint
from tests.webhooks.raw_endpoint import RawEndpoint, Visit, answer, hangs, leaves, says, says_and_leaves
from tests.webhooks.scene import (
    BODY,
    ENDPOINT_ID,
    SECRETS,
    a_sender,
    an_endpoint,
    due_at,
    send,
    send_until_too_late,
)


async def test_a_webhook_is_one_request_as_the_standard_wants_it(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(says(answer(b"thanks")))
    assert Answered(200, "thanks") == await send(f"http://hooks.test:{endpoint.port}/pgw?shop=1")
    [request] = endpoint.requests
    headers = dict(request.headers)
    for signed in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert headers.pop(signed)
    assert ("POST /pgw?shop=1 HTTP/1.1", BODY) == (request.line, request.body)
    assert {
        "host": f"hooks.test:{endpoint.port}",
        "user-agent": f"pgw/{pgw.__version__}",
        "content-type": "application/json",
        "content-length": str(len(BODY)),
        "accept-encoding": "identity",
        "connection": "close",
    } == headers


async def test_the_body_is_what_the_gateway_s_payload_says(start_endpoint: StartEndpoint) -> None:
    raw = await start_endpoint(says(answer()))
    endpoint = an_endpoint(f"http://127.0.0.1:{raw.port}/")
    network = CheckedNetwork(allow_private=True)
    sender = HttpWebhookSender(payload, SECRETS, WallClock(), network, timeout=10)
    due = due_at(endpoint)
    with trio.fail_after(20):
        assert Answered(200) == await sender.send(endpoint, due)
    assert payload(due) == raw.requests[0].body
    assert ENDPOINT_ID == json.loads(raw.requests[0].body)["data"]["endpoint"]["endpointId"]


@pytest.mark.parametrize("status", [200, 204, 299, 400, 404, 410, 429, 500, 503, 599, 999])
async def test_whatever_is_answered_is_told_as_it_is(status: int, start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(says(b"HTTP/1.1 %d Any\r\nContent-Length: 0\r\n\r\n" % status))
    assert Answered(status) == await send(f"http://127.0.0.1:{endpoint.port}/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(
    status: int, start_endpoint: StartEndpoint
) -> None:
    inside = await start_endpoint(says(answer(b"secret")))
    location = b"Location: http://127.0.0.1:%d/\r\n" % inside.port
    endpoint = await start_endpoint(says(answer(b"there", status, location)))
    assert Answered(status, "there") == await send(f"http://127.0.0.1:{endpoint.port}/")
    assert [1, 0] == [endpoint.accepted, inside.accepted]


async def test_how_long_to_wait_is_told(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(says(answer(b"", 429, b"Retry-After: 17\r\n")))
    assert Answered(429, retry_after=17.0) == await send(f"http://127.0.0.1:{endpoint.port}/")


async def test_a_date_to_wait_for_is_taken_by_the_gateway_s_clock(start_endpoint: StartEndpoint) -> None:
    clock = WallClock()
    date = (clock.now() + timedelta(seconds=60)).strftime("%a, %d %b %Y %H:%M:%S GMT").encode()
    endpoint = await start_endpoint(says(answer(b"", 503, b"retry-after: " + date + b"\r\n")))
    said = await send(f"http://127.0.0.1:{endpoint.port}/", clock=clock)
    assert Answered(503, retry_after=59.877) == said


async def test_an_answer_before_the_body_was_read_is_the_answer(start_endpoint: StartEndpoint) -> None:
    async def answers_at_once(visit: Visit) -> None:
        await visit.say(answer(b"too large", 413))
        await visit.hear_caller_leave()

    endpoint = await start_endpoint(answers_at_once)
    said = await send(f"http://127.0.0.1:{endpoint.port}/", body=b"x" * 60_000)
    assert Answered(413, "too large") == said


async def test_an_endpoint_that_leaves_unread_what_it_was_sent_is_no_error_of_ours(
    start_endpoint: StartEndpoint,
) -> None:
    async def leaves_at_once(visit: Visit) -> None:
        await visit.say(answer(b"too large", 413))

    endpoint = await start_endpoint(leaves_at_once)
    said = await send(f"http://127.0.0.1:{endpoint.port}/", body=b"x" * 8_000_000)
    # The system drops what was received when it hears of a reset.
    assert said in (
        Answered(413, "too large"),
        NotAnswered("The endpoint ended the connection before it answered."),
    )


async def test_a_connection_that_is_refused_is_told() -> None:
    with trio.socket.socket() as unheard:
        await unheard.bind(("127.0.0.1", 0))
        said = await send(f"http://127.0.0.1:{unheard.getsockname()[1]}/")
    assert NotAnswered("The endpoint refused the connection.") == said


async def test_an_endpoint_that_leaves_without_a_word_is_told(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(leaves)
    said = await send(f"http://127.0.0.1:{endpoint.port}/")
    assert NotAnswered("The endpoint ended the connection before it answered.") == said


@pytest.mark.parametrize(
    "beginning", [b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 100 Continue\r\n\r\n", b"H"]
)
async def test_an_endpoint_that_leaves_within_its_answer_s_head_is_told(
    beginning: bytes, start_endpoint: StartEndpoint
) -> None:
    endpoint = await start_endpoint(says_and_leaves(beginning))
    said = await send(f"http://127.0.0.1:{endpoint.port}/")
    assert NotAnswered("The endpoint ended the connection within its answer.") == said


@pytest.mark.parametrize(
    "garbage",
    [
        *(
            b"SSH-2.0-OpenSSH_9\r\n\r\n",
            b"220 mail.example.com ESMTP\r\n\r\n",
            b"\x15\x03\x01\x00\x02\x02\x50\r\n",
        ),
        *(b"HTTP/1.1 2000 OK\r\n\r\n", b"HTTP/1.1 020 OK\r\n\r\n", b"HTTP/1.1 -20 OK\r\n\r\n", b"\x00" * 99),
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_told(garbage: bytes, start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(says(garbage))
    said = await send(f"http://127.0.0.1:{endpoint.port}/")
    assert NotAnswered("What the endpoint answered is not HTTP/1.1.") == said


async def test_a_try_that_is_cancelled_leaves_no_connection(start_endpoint: StartEndpoint) -> None:
    asked = trio.Event()

    async def hangs_once_asked(visit: Visit) -> None:
        await visit.take_request()
        asked.set()
        await visit.hear_caller_leave()

    endpoint = await start_endpoint(hangs_once_asked)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send, f"http://127.0.0.1:{endpoint.port}/")
        await asked.wait()
        nursery.cancel_scope.cancel()
    with trio.fail_after(5):
        await endpoint.has_been_left.wait()


async def test_no_connection_is_kept_behind_an_answer(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(says(answer(b"thanks")))
    for seq in range(1, 4):
        assert Answered(200, "thanks") == await send(f"http://127.0.0.1:{endpoint.port}/", seq=seq)
        with trio.fail_after(5):
            await endpoint.has_been_left.wait()
    assert 3 == endpoint.accepted
    assert 3 == len({request.headers["webhook-id"] for request in endpoint.requests})


async def test_what_an_endpoint_is_sent_by_two_at_once_is_apart(start_endpoint: StartEndpoint) -> None:
    raw: RawEndpoint = await start_endpoint(says(answer()))
    endpoint = an_endpoint(f"http://127.0.0.1:{raw.port}/")
    sender = a_sender()
    async with trio.open_nursery() as nursery:
        for seq in range(1, 21):
            nursery.start_soon(sender.send, endpoint, due_at(endpoint, seq))
    expected = {due_at(endpoint, seq).delivery.key.id for seq in range(1, 21)}
    assert expected == {request.headers["webhook-id"] for request in raw.requests}


async def test_an_endpoint_that_never_answers_ends_in_time(
    start_endpoint: StartEndpoint, mock_clock: MockClock
) -> None:
    endpoint = await start_endpoint(hangs)
    url = f"http://127.0.0.1:{endpoint.port}/"
    said = await send_until_too_late(url, mock_clock, endpoint.has_said_all)
    assert NotAnswered("The endpoint did not answer within 15 s.") == said
    with trio.fail_after(5):
        await endpoint.has_been_left.wait()
