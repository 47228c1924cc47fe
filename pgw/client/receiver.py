"""A small HTTP server on loopback that takes webhooks: one request a connection, bounded in all ways."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import h11
import trio
from attrs import field, frozen

from pgw.client.refusals import CannotGoOn

HOST = "127.0.0.1"
REQUEST_SECONDS, SEND_SECONDS = 10.0, 10.0
LARGEST_BODY_BYTES = 1024 * 1024
MOST_CONNECTIONS = 64
READ_BYTES = 64 * 1024
_WITHOUT_BODY = {204, 304}
"""And without a length (RFC 9110, section 8.6)."""

Headers = Sequence[tuple[str, str]]


@frozen
class Request:
    """A `POST` as it came: the names of its headers in lower case, its body byte for byte."""

    target: str
    headers: Headers
    body: bytes = field(repr=False)


@frozen
class Reply:
    status: int
    body: bytes = b""
    headers: Headers = ()


Handler = Callable[[Request], Awaitable[Reply]]


async def open_listener(port: int) -> trio.SocketListener:
    """Listen on loopback; port 0 takes a free one. Raises `CannotGoOn`."""
    try:
        (listener,) = await trio.open_tcp_listeners(port, host=HOST)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CannotGoOn(f"Cannot listen on {HOST}:{port}: {why}.") from error
    return listener


def port_of(listener: trio.SocketListener) -> int:
    return int(listener.socket.getsockname()[1])


async def serve(listener: trio.SocketListener, handler: Handler) -> None:
    """Answer requests until cancelled; beyond 64 connections at a time further ones are closed."""
    limiter = trio.CapacityLimiter(MOST_CONNECTIONS)
    await trio.serve_listeners(partial(_serve_connection, handler, limiter), [listener])


async def _serve_connection(
    handler: Handler, limiter: trio.CapacityLimiter, stream: trio.SocketStream
) -> None:
    try:
        limiter.acquire_nowait()
    except trio.WouldBlock:
        await trio.aclose_forcefully(stream)
        return
    try:
        await _answer(handler, stream)
    except (trio.BrokenResourceError, trio.TooSlowError):
        pass  # whoever sent it left, or reads nothing
    finally:
        limiter.release()
        await trio.aclose_forcefully(stream)


async def _answer(handler: Handler, stream: trio.SocketStream) -> None:
    connection = h11.Connection(h11.SERVER)
    try:
        with trio.fail_after(REQUEST_SECONDS):
            request = await _read(connection, stream)
    except trio.TooSlowError:
        request = Reply(408, b"The request did not arrive in time.\n")
    except h11.RemoteProtocolError as error:
        request = Reply(error.error_status_hint, b"This is no HTTP/1.1 request.\n")
    if request is None:
        return
    reply = request if isinstance(request, Reply) else await handler(request)
    with trio.fail_after(SEND_SECONDS):
        await _send(connection, stream, reply)


async def _read(connection: h11.Connection, stream: trio.SocketStream) -> Request | Reply | None:
    """Read one request; return what it is refused with, or None where the peer left before it came."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        match event:
            case h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    await stream.send_all(connection.send(go_on) or b"")
                connection.receive_data(await stream.receive_some(READ_BYTES))
            case h11.Request():
                head = event
                if head.method != b"POST":
                    # The answer to a HEAD has no body (RFC 9110, section 9.3.2).
                    told = b"" if head.method == b"HEAD" else b"A webhook is a POST.\n"
                    return Reply(405, told, [("Allow", "POST")])
            case h11.Data():
                body += event.data
                if len(body) > LARGEST_BODY_BYTES:
                    return Reply(413, f"At most {LARGEST_BODY_BYTES} bytes are taken.\n".encode())
            case h11.EndOfMessage():
                assert head is not None, "h11 tells a request's head first"
                return Request(head.target.decode("latin-1"), _texts(head), bytes(body))
            case _:
                return None


def _texts(head: h11.Request) -> Headers:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]


async def _send(connection: h11.Connection, stream: trio.SocketStream, reply: Reply) -> None:
    if connection.our_state not in {h11.SEND_RESPONSE, h11.IDLE}:
        return
    has_body = reply.status not in _WITHOUT_BODY
    length = [("Content-Length", str(len(reply.body)))] if has_body else []
    texts = [*reply.headers, *length, ("Connection", "close")]
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in texts]
    sent = connection.send(h11.Response(status_code=reply.status, headers=headers)) or b""
    if has_body:
        sent += connection.send(h11.Data(data=reply.body)) or b""
    await stream.send_all(sent + (connection.send(h11.EndOfMessage()) or b""))
    await stream.send_eof()
