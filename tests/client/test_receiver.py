"""Webhooks over a real socket, and what else may come there."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
import trio

from pgw.client import inbox as taking
from pgw.client import receiver
from pgw.client.inbox import Forwarding, Inbox, Webhook
from pgw.client.receiver import Reply, Request, open_listener, port_of, serve
from pgw.client.refusals import CannotGoOn
from pgw.client.verification import WebhookSecret
from pgw.ports import SystemClock
from tests.client.signing import ID, OTHER_SECRET, SECRET, payload, signed

SECONDS = 20


class Read:
    """Notes what comes."""

    def __init__(self) -> None:
        self.webhooks: list[Webhook] = []
        self.forwarded: list[str] = []
        self.refusals: list[str] = []

    def arrived(self, webhook: Webhook, forwarded: str) -> None:
        self.webhooks.append(webhook)
        self.forwarded.append(forwarded)

    def refused(self, why: str) -> None:
        self.refusals.append(why)


@asynccontextmanager
async def serving(handler: receiver.Handler) -> AsyncIterator[str]:
    with trio.fail_after(SECONDS):
        listener = await open_listener(0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve, listener, handler)
            yield f"http://127.0.0.1:{port_of(listener)}/"
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def receiving(read: Read, forward_to: str | None = None) -> AsyncIterator[str]:
    forwarding = None if forward_to is None else Forwarding(forward_to, None)
    inbox = Inbox(WebhookSecret.of(SECRET), SystemClock(), read, forwarding)
    async with serving(inbox.take) as url:
        yield url


async def post(url: str, body: bytes, headers: Mapping[str, str], **more: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        return await client.post(url, content=body, headers=headers, **more)


async def test_what_verifies_is_told_and_answered_204_and_a_repeat_is_noticed() -> None:
    read, body = Read(), payload()
    async with receiving(read) as url:
        for _ in range(2):
            answer = await post(url, body, signed(body))
            assert (204, b"") == (answer.status_code, answer.content)
        assert 204 == (await post(url, body, signed(body, webhook_id="whd_other"))).status_code
    assert [(ID, False), (ID, True), ("whd_other", False)] == [
        (one.id, one.is_repeated) for one in read.webhooks
    ]
    assert "job.completed" == (read.webhooks[0].document or {})["type"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers: headers | {"webhook-id": "whd_other"},
        lambda headers: headers | {"webhook-timestamp": "1"},
        lambda headers: (
            headers | {"webhook-signature": signed(payload(), secret=OTHER_SECRET)["webhook-signature"]}
        ),
        lambda _: {},
    ],
)
async def test_what_does_not_verify_is_answered_400_with_the_reason(
    spoil: Callable[[dict[str, str]], dict[str, str]],
) -> None:
    read, body = Read(), payload()
    async with receiving(read) as url:
        answer = await post(url, body, spoil(dict(signed(body))))
    assert (400, []) == (answer.status_code, read.webhooks)
    assert [answer.text.strip()] == read.refusals


async def test_a_header_that_comes_twice_is_not_believed() -> None:
    read, body = Read(), payload()
    async with receiving(read) as url, httpx.AsyncClient() as client:
        headers = [*signed(body).items(), ("webhook-id", ID)]
        assert 400 == (await client.post(url, content=body, headers=headers)).status_code
    assert [] == read.webhooks


async def test_what_was_signed_and_is_no_json_object_is_told_as_such() -> None:
    read = Read()
    async with receiving(read) as url:
        for body in (b"", b"[]", b"[" * 100_000):
            assert 204 == (await post(url, body, signed(body))).status_code
    assert [None, None, None] == [one.document for one in read.webhooks]


async def test_it_is_forwarded_with_the_same_bytes_and_headers_and_answered_what_that_answered() -> None:
    read, body, came = Read(), payload(), list[Request]()

    async def own_server(request: Request) -> Reply:
        came.append(request)
        return Reply(503, b"busy", [("Content-Type", "text/x-own"), ("Retry-After", "7"), ("X-Own", "1")])

    async with serving(own_server) as own, receiving(read, f"{own}hooks?a=1") as url:
        answer = await post(url, body, {**signed(body), "X-Extra": "kept", "Connection": "close"})
    assert (503, b"busy", "7", "text/x-own") == (
        answer.status_code,
        answer.content,
        answer.headers["Retry-After"],
        answer.headers["Content-Type"],
    )
    (forwarded,) = came
    assert ("/hooks?a=1", body) == (forwarded.target, forwarded.body)
    headers = dict(forwarded.headers)
    assert signed(body).items() | {("x-extra", "kept")} <= headers.items()
    assert own == f"http://{headers['host']}/"
    assert ["your server answered 503"] == read.forwarded


async def test_headers_that_are_not_ascii_are_forwarded_and_passed_back_as_they_came() -> None:
    read, body, came = Read(), payload(), list[Request]()

    async def own_server(request: Request) -> Reply:
        came.append(request)
        return Reply(200, b"", [("Content-Type", "text/S\u00e3o")])

    async with serving(own_server) as own, receiving(read, own) as url:
        headers = {**signed(body), "X-City": "S\u00e3o Paulo"}
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            answer = await client.post(url, content=body, headers=encoded)
    assert (200, "text/S\u00e3o") == (answer.status_code, answer.headers["Content-Type"])
    assert "S\u00e3o Paulo" == dict(came[0].headers)["x-city"]


async def test_what_does_not_verify_is_not_forwarded() -> None:
    async def never(_: Request) -> Reply:
        raise AssertionError

    async with serving(never) as own, receiving(Read(), own) as url:
        assert 400 == (await post(url, payload(), {})).status_code


async def test_an_own_server_that_is_not_there_or_hangs_is_told_and_answered_502(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(taking, "FORWARD_SECONDS", 0.2)
    read, body = Read(), payload()

    async def hanging(_: Request) -> Reply:
        await trio.sleep_forever()
        raise AssertionError

    async with serving(hanging) as own, receiving(read, own) as url:
        assert 502 == (await post(url, body, signed(body))).status_code
    async with receiving(read, own) as url:
        assert 502 == (await post(url, body, signed(body))).status_code
    assert [
        "your server did not answer: no answer within 0.2 s",
        "your server did not answer: connection refused",
    ] == read.forwarded


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7000000\r\n\r\n" + b"x" * 7_000_000, 413),
        (b"no http\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 50_000, 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n", 408),
        (b"POST", 408),
    ],
)
async def test_what_is_no_webhook_is_refused_and_ends_its_connection(
    sent: bytes, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "REQUEST_SECONDS", 0.5)
    read = Read()
    async with receiving(read) as url:
        stream = await trio.open_tcp_stream("127.0.0.1", int(httpx.URL(url).port or 0))
        answered = bytearray()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send_all_that_is_taken, stream, sent)
            async for data in stream:
                answered += data
            nursery.cancel_scope.cancel()
        await stream.aclose()
    assert f"HTTP/1.1 {status} ".encode() == bytes(answered[: len("HTTP/1.1 400 ")])
    assert [] == read.webhooks


async def send_all_that_is_taken(stream: trio.SocketStream, data: bytes) -> None:
    with suppress(trio.BrokenResourceError):
        await stream.send_all(data)


async def test_a_client_that_leaves_or_says_nothing_harms_nobody() -> None:
    read, body = Read(), payload()
    async with receiving(read) as url:
        for sent in (
            b"",
            b"POST / HTTP/1.1\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx",
        ):
            with socket.create_connection(("127.0.0.1", int(httpx.URL(url).port or 0))) as client:
                client.sendall(sent)
        assert 204 == (await post(url, body, signed(body))).status_code


async def test_one_that_waits_to_be_told_to_go_on_is_told() -> None:
    read, body = Read(), payload()
    async with receiving(read) as url:
        stream = await trio.open_tcp_stream("127.0.0.1", int(httpx.URL(url).port or 0))
        lines = [f"{name}: {value}" for name, value in signed(body).items()]
        head = ["POST / HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Expect: 100-continue", *lines]
        await stream.send_all("\r\n".join([*head, "", ""]).encode())
        assert b"HTTP/1.1 100 " == (await stream.receive_some(4096))[:13]
        await stream.send_all(body)
        assert b"HTTP/1.1 204 " == (await stream.receive_some(4096))[:13]
        await stream.aclose()


async def test_connections_beyond_the_most_are_closed_and_a_place_that_is_free_again_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receiver, "MOST_CONNECTIONS", 1)
    read, body = Read(), payload()
    async with receiving(read) as url:
        address = ("127.0.0.1", int(httpx.URL(url).port or 0))
        one = await trio.open_tcp_stream(*address)
        await one.send_all(b"POST")
        other = await trio.open_tcp_stream(*address)
        assert b"" == await closed_or_broken(other)
        await one.aclose()
        await other.aclose()
        assert 204 == (await answer_once_there_is_a_place(url, body)).status_code


async def answer_once_there_is_a_place(url: str, body: bytes) -> httpx.Response:
    while True:
        try:
            return await post(url, body, signed(body))
        except httpx.TransportError:
            await trio.sleep(0.02)


async def closed_or_broken(stream: trio.SocketStream) -> bytes:
    try:
        return bytes(await stream.receive_some(1))
    except trio.BrokenResourceError:
        return b""


async def test_a_port_that_is_taken_is_one_sentence() -> None:
    async with serving(Inbox(WebhookSecret.of(SECRET), SystemClock(), Read()).take) as url:
        port = int(httpx.URL(url).port or 0)
        with pytest.raises(CannotGoOn, match=f"Cannot listen on 127.0.0.1:{port}: address already in use."):
            await open_listener(port)


async def test_repeats_are_remembered_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "MOST_IDS", 2)
    read, body = Read(), payload()
    inbox = Inbox(WebhookSecret.of(SECRET), SystemClock(), read)
    for webhook_id in ("a", "b", "c", "c", "a"):
        await inbox.take(Request("/", list(signed(body, webhook_id=webhook_id).items()), body))
    assert [False, False, False, True, False] == [one.is_repeated for one in read.webhooks]
