"""WebSockets whose peers break the protocol, each against ours and against Hypercorn as it comes."""

from functools import partial

import pytest
import trio
from attrs import evolve

from pgw.http.websocket import TOO_BIG
from tests.http.applications import Answering, SendingForEver, SendingTwoAtOnce, refusing
from tests.http.serving import IMPATIENT, PATIENT, Served, heard, ours, problem_in, rest, rest_within, stock

UPGRADE = (
    b"GET /jobs/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
DEFLATE = UPGRADE.replace(b"Upgrade: w", b"Sec-WebSocket-Extensions: permessage-deflate\r\nUpgrade: w")
LATIN = UPGRADE.replace(b"Upgrade: w", b"Sec-WebSocket-Protocol: \xff\r\nUpgrade: w")
MASK = b"\0\0\0\0"
PING, PONG = b"\x89\x00", b"\x8a\x80" + MASK
RESERVED = b"\x83\x80" + MASK


def frame(first: int, payload: bytes) -> bytes:
    """Return a client's frame, masked by zeros."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes([first]) + length + MASK + payload


async def upgraded(served: Served) -> trio.SocketStream:
    client = await served.connect()
    await client.send_all(UPGRADE)
    await heard(client, b"\r\n\r\n")
    return client


async def lives(served: Served) -> bool:
    return served.ended_by is None and (await served.answer_to(GET)).startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize("sent", [UPGRADE + b"x", UPGRADE + RESERVED])
async def test_a_byte_behind_a_handshake_ends_its_own_connection_only(sent: bytes) -> None:
    async with ours(Answering()) as served:
        status, document = problem_in(await served.answer_to(sent))
        assert (400, "MalformedHttp") == (status, document["code"])
        assert await lives(served)


async def test_a_byte_behind_a_handshake_ends_hypercorn_as_it_comes() -> None:
    """The application's own answer finds that Hypercorn has given one."""
    async with stock(refusing) as served:
        await served.answer_to(UPGRADE + b"x")
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert served.ended_by is not None


async def test_a_byte_that_comes_while_a_handshake_is_judged_is_refused() -> None:
    application = Answering(accept_after=30)
    async with ours(application) as served, await served.connect() as client:
        await client.send_all(UPGRADE)
        await application.began.wait()
        await client.send_all(b"x")
        status, document = problem_in(await rest(client))
        assert (400, "MalformedHttp", "/jobs/stream") == (status, document["code"], document["instance"])


async def test_a_subprotocol_in_no_ascii_is_no_handshake_for_ours_and_the_end_for_hypercorn() -> None:
    async with ours(Answering()) as served, await served.connect() as client:
        await client.send_all(LATIN)
        assert (await heard(client, b"ok")).startswith(b"HTTP/1.1 202 ")
        assert await lives(served)
    async with stock(Answering()) as served:
        await served.answer_to(LATIN)
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert served.ended_by is not None


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (RESERVED, 1002),
        (frame(0xC1, b"x"), 1002),  # compressed, as was never agreed
        (frame(0x82, b"x" * 4097), 1009),
        (frame(0x02, b"x" * 4000) + frame(0x80, b"x" * 97), 1009),
        (frame(0x81, b"x" * 4097), 1009),
    ],
)
async def test_a_frame_that_must_not_be_is_told_so_and_ends_its_own_connection_only(
    sent: bytes, code: int
) -> None:
    application = Answering()
    async with ours(application) as served:
        async with await upgraded(served) as client:
            await client.send_all(sent * 3)
            ended = await rest(client)
        reason = TOO_BIG.encode() if code == 1009 else b""
        closed = bytes([0x88, 2 + len(reason)]) + code.to_bytes(2, "big") + reason
        assert ended.removeprefix(PING).startswith(closed)
        assert [] == application.received
        assert await lives(served)


async def test_a_reserved_opcode_ends_its_connection_without_a_word_by_hypercorn_as_it_comes() -> None:
    async with stock(Answering()) as served, await upgraded(served) as client:
        await client.send_all(RESERVED)
        assert b"" == await rest(client)


async def test_a_message_of_4_kib_is_taken_and_of_4_mib_by_hypercorn_as_it_comes() -> None:
    application = Answering()
    async with ours(application) as served, await upgraded(served) as client:
        await client.send_all(frame(0x02, b"x" * 4000) + frame(0x80, b"x" * 96) + frame(0x88, b"\x03\xe8"))
        assert (await rest(client)).endswith(b"\x88\x02\x03\xe8")
        assert [4096] == [len(message["bytes"]) for message in application.received]
    application = Answering()
    async with stock(application) as served, await upgraded(served) as client:
        piece = frame(0x00, b"x" * 0xFFFF)
        await client.send_all(frame(0x02, b"") + piece * 64 + frame(0x80, b"") + frame(0x88, b"\x03\xe8"))
        await rest(client)
        assert [64 * 0xFFFF] == [len(message["bytes"]) for message in application.received]


async def test_compression_is_refused_by_ours_and_always_agreed_to_by_hypercorn() -> None:
    for serving, is_agreed in ((ours, False), (stock, True)):
        async with serving(Answering()) as served, await served.connect() as client:
            await client.send_all(DEFLATE)
            head = await heard(client, b"\r\n\r\n")
            assert (True, is_agreed) == (head.startswith(b"HTTP/1.1 101 "), b"permessage-deflate" in head)


async def test_a_peer_that_answers_no_ping_is_given_up_though_it_sends() -> None:
    application = Answering()
    async with ours(application, IMPATIENT) as served, await upgraded(served) as client:
        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_send_every, 0.05, client, frame(0x82, b"x"))
                await rest(client)
                nursery.cancel_scope.cancel()
            await application.ended.wait()


async def test_a_peer_that_reads_just_the_first_of_two_messages_is_given_up() -> None:
    """The one that waits for its turn behind the other has a time of its own."""
    application = SendingTwoAtOnce()
    async with ours(application, evolve(PATIENT, sending=2)) as served, await upgraded(served) as client:
        received = 0
        while received < application.SIZE:
            received += len(await client.receive_some())
        await application.ended.wait()


async def test_a_peer_that_answers_pings_is_kept() -> None:
    async with ours(Answering(), evolve(IMPATIENT, pong=1)) as served, await upgraded(served) as client:
        with trio.move_on_after(2) as kept:
            while await client.receive_some():
                await client.send_all(PONG)
        assert kept.cancelled_caught


async def test_a_half_open_websocket_stays_with_hypercorn_as_it_comes() -> None:
    async with stock(Answering()) as served, await upgraded(served) as client:
        assert None is await rest_within(client, IMPATIENT.pong * 3)


async def test_one_that_only_sends_is_ended_after_its_client_has_left() -> None:
    """With Hypercorn as it comes it holds the event loop: until `MOST`, or for ever."""
    for serving in (partial(ours, patience=IMPATIENT), stock):
        application = SendingForEver()
        async with serving(application) as served:
            client = await upgraded(served)
            await heard(client, b"more")
            application.has_left = True
            await client.aclose()
            await application.ended.wait()
        held_for_ever = application.sent_to_nobody == SendingForEver.MOST
        assert (serving is stock) == held_for_ever, serving


async def _send_every(seconds: float, client: trio.SocketStream, data: bytes) -> None:
    try:
        while True:
            await client.send_all(data)
            await trio.sleep(seconds)
    except trio.BrokenResourceError:
        pass
