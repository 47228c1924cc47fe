"""What the protocol itself refuses: in the one shape, once, with an id and one line in the log."""

import socket
import struct

import pytest
import structlog
import trio
from structlog.testing import LogCapture

from pgw.http.front import Receive
from tests.http.applications import Answering
from tests.http.serving import heard, ours, problem_in, stock

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CANARY = b"4242424242424242"
H2C = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
)
PRIOR_KNOWLEDGE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
CLOSING = (
    b"POST /payments HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: req.mine\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
CHUNKED = (
    b"POST /payments HTTP/1.1\r\nHost: x\r\nX-Request-Id: req.mine\r\nTransfer-Encoding: chunked\r\n\r\n"
)

# A proxy that goes by the length takes the second request for the body of the first (RFC 9112, 6.1).
SMUGGLING = (
    b"POST /payments HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET /" + CANARY + b" HTTP/1.1\r\nX: "
)


def fields(count: int) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * (count - 1) + b"\r\n"


def large(size: int) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"x" * size + b"\r\n\r\n"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    capture = LogCapture()
    for module in ("front", "refusal", "server"):
        monkeypatch.setattr(f"pgw.http.{module}._log", structlog.wrap_logger(None, processors=[capture]))
    return capture


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"\x00\x01\r\n\r\n", 400, "MalformedHttp"),
        (b"GET /" + CANARY + b" HTTP/1.1\r\n\r\n", 400, "MalformedHttp"),  # without a Host
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + CANARY + b"\r\n\r\n", 400, "MalformedHttp"),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: " + CANARY + b"0" * 9 + b"\r\n\r\n",
            400,
            "MalformedHttp",
        ),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "UnsupportedTransferEncoding"),
        (large(32 * 1024), 431, "RequestHeadTooLarge"),
        (large(64 * 1024), 431, "RequestHeadTooLarge"),
        (large(16 * 1024)[:-2], 431, "RequestHeadTooLarge"),
        (fields(101), 431, "RequestHeadTooLarge"),
        (fields(10_000), 431, "RequestHeadTooLarge"),
        (PRIOR_KNOWLEDGE, 505, "UnsupportedHttpVersion"),
        (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505, "UnsupportedHttpVersion"),
        (GET + b"\x00\r\n\r\n", 400, "MalformedHttp"),  # behind a good one
        (SMUGGLING, 400, "MalformedHttp"),
        (SMUGGLING.replace(b"Content-Length: 40\r\n", b"").replace(b"1.1", b"1.0"), 400, "MalformedHttp"),
    ],
)
async def test_what_is_no_request_gets_a_problem_and_its_line(
    sent: bytes, status: int, code: str, lines: LogCapture
) -> None:
    application = Answering()
    async with ours(application) as served:
        answer = await served.answer_to(sent)
        told, document = problem_in(answer)
        assert (status, code, None) == (told, document["code"], document.get("instance"))
    (line,) = [entry for entry in lines.entries if entry["StatusCode"] != 202]
    assert (status, document["requestId"]) == (line["StatusCode"], line["RequestId"])
    assert CANARY.decode() not in answer.decode("latin-1") + str(lines.entries)


async def test_a_head_of_100_fields_and_less_than_16_kib_is_answered_and_a_head_request_without_a_body() -> (
    None
):
    async with ours(Answering()) as served:
        async with await served.connect() as client:
            await client.send_all(fields(100) + large(15 * 1024))
            assert (await heard(client, b"ok")).startswith(b"HTTP/1.1 202 ")
            assert (await heard(client, b"ok")).startswith(b"HTTP/1.1 202 ")
        answer = await served.answer_to(fields(101).replace(b"GET", b"HEAD"))
        assert (b"HTTP/1.1 431 ", b"\r\n\r\n") == (answer[:13], answer[-4:])


async def test_a_malformed_body_is_the_refusal_of_its_own_request(lines: LogCapture) -> None:
    for body in (b"zz\r\n" + CANARY, b"1\r\n1zz" + CANARY, b"1;" + CANARY * 2000):
        lines.entries.clear()
        async with ours(Answering()) as served:
            status, document = problem_in(await served.answer_to(CHUNKED, body))
        assert (400, "req.mine", "/payments") == (status, document["requestId"], document["instance"])
        (line,) = lines.entries
        assert (400, "req.mine", "POST") == (line["StatusCode"], line["RequestId"], line["RequestMethod"])
        assert CANARY.decode() not in str(line)


async def test_what_hypercorn_answers_by_itself_is_bare() -> None:
    async with stock(Answering()) as served:
        answer = await served.answer_to(b"\x00\x01\r\n\r\n")
        assert (b"HTTP/1.1 400 ", b"\r\n\r\n") == (answer[:13], answer[-4:])
        assert b"problem" not in answer


@pytest.mark.parametrize("surplus", [b"x", GET, b"\x00" * 100_000])
async def test_bytes_behind_a_request_that_closes_do_not_change_its_answer(
    surplus: bytes, lines: LogCapture
) -> None:
    """The request may be a payment, and its answer is that it was accepted: once."""
    for pieces in ((CLOSING + surplus,), (CLOSING, surplus)):
        lines.entries.clear()
        application = Answering(after=0.1)
        async with ours(application) as served:
            answer = await served.answer_to(*pieces)
        assert (b"HTTP/1.1 202 ", 1) == (answer[:13], answer.count(b"HTTP/1.1 "))
        assert [202] == [line["StatusCode"] for line in lines.entries]


async def test_bytes_behind_a_request_that_closes_are_answered_in_its_stead_by_hypercorn() -> None:
    application = Answering(after=0.1)
    async with stock(application) as served:
        assert (await served.answer_to(CLOSING + b"x")).startswith(b"HTTP/1.1 400 ")
        assert application.began.is_set()


async def test_an_application_that_ends_without_an_answer_is_a_problem_in_the_one_shape() -> None:
    async def ends(_scope: object, receive: Receive, _send: object) -> None:
        await receive()

    async with ours(ends) as served:
        answer = await served.answer_to(GET)
        status, problem = problem_in(answer)
        assert (500, "InternalError") == (status, problem["code"])
        assert 1 == answer.count(b"HTTP/1.1 ")


async def test_a_client_that_is_gone_before_it_is_looked_at_is_no_error(lines: LogCapture) -> None:
    async with ours(Answering()) as served:
        for _ in range(5):
            with socket.create_connection(served.address) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert (await served.answer_to(CLOSING)).startswith(b"HTTP/1.1 202 ")
    assert [202] == [entry.get("StatusCode") for entry in lines.entries]


async def test_http_2_is_never_spoken() -> None:
    async with ours(Answering()) as served, await served.connect() as client:
        await client.send_all(H2C + GET)
        assert [b"202", b"202"] == [(await heard(client, b"ok"))[9:12] for _ in range(2)]
    async with stock(Answering()) as served, await served.connect() as client:
        await client.send_all(H2C)
        assert (await client.receive_some()).startswith(b"HTTP/1.1 101 ")
    async with stock(Answering()) as served, await served.connect() as client:
        await client.send_all(PRIOR_KNOWLEDGE)
        assert b"\x00\x00" == (await client.receive_some())[:2]  # a frame of HTTP/2


async def test_pipelined_requests_are_answered_in_turn_and_read_as_they_are_answered() -> None:
    async with ours(Answering()) as served, await served.connect() as client:
        with trio.fail_after(15):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(client.send_all, GET * 2000)
                answered = 0
                while answered < 2000:
                    answered += (await client.receive_some()).count(b"HTTP/1.1 202 ")


async def test_a_connection_is_kept_over_more_requests_than_hypercorn_allows() -> None:
    async with ours(Answering()) as served, await served.connect() as client:
        for _ in range(1100):
            await client.send_all(GET)
            assert b"connection: close" not in (await heard(client, b"ok")).lower()


@pytest.mark.parametrize("how", ["receive_some", "handle"])
async def test_a_bug_within_a_connection_ends_that_connection_only(
    how: str, lines: LogCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        await trio.lowlevel.checkpoint()
        raise RuntimeError("a bug")

    owner = {"receive_some": "connection.Connection", "handle": "protocol.Protocol"}[how]
    async with ours(Answering()) as served:
        with monkeypatch.context() as broken:
            broken.setattr(f"pgw.http.{owner}.{how}", fail)
            assert b"" == await served.answer_to(GET)
        async with await served.connect() as client:
            await client.send_all(GET)
            assert b"202" == (await heard(client, b"ok"))[9:12]
    assert ["ConnectionFailed", "Request"] == [entry["event"] for entry in lines.entries]
