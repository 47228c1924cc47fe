"""Hypercorn's connections on a listener of ours."""

import socket
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime
from functools import partial
from typing import Any, cast

import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from pgw.http.connection import Connection, IdleWatch
from pgw.http.front import Application
from pgw.ports import Clock

BACKLOG = 1024
KEEP_ALIVE_SECONDS = 75  # longer than the 60 s of a load balancer, which must be the one to close
LARGEST_FRAME_BYTES = 4096  # nothing is expected from a stream's reader
PING_SECONDS = 20
LOOK_FOR_STUCK_SECONDS = 1
_log = structlog.get_logger()


class CannotListen(Exception):
    """The address cannot be listened on; the message is one sentence for the operator."""


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen, or raise `CannotListen`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except UnicodeError as error:  # from the encoding of internationalized names
        raise CannotListen(f"Cannot listen on {host}:{port}: this is no host name.") from error
    except OSError as error:
        raise CannotListen(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    return listener


async def serve(
    app: Application,
    listener: trio.abc.Listener[trio.SocketStream],
    *,
    clock: Clock,
    shutdown: Callable[[], Awaitable[None]],
    grace: float,
    open_connections: dict[Connection, None] | None = None,
) -> None:
    """Serve until `shutdown` returns, then give running requests `grace` seconds to end.

    Connections are in `open_connections` while they are open.
    """
    config, context = _config(clock), WorkerContext(None)
    application = ASGIWrapper(cast("Any", app))
    # A dictionary without values: a set that keeps its order.
    open_connections = {} if open_connections is None else open_connections

    async def serve_connection(stream: trio.SocketStream) -> None:
        idle = IdleWatch(stream, KEEP_ALIVE_SECONDS, context.terminated.wait)
        connection = Connection(stream, idle)
        server = TCPServer(application, config, context, ConnectionState({}), cast("Any", connection))
        server.idle_task = cast("Any", idle)
        # One connection's bug must not end them all.
        open_connections[connection] = None
        try:
            with connection.scope:
                await server
        except* Exception as bugs:  # noqa: BLE001 - any bug of a connection ends here
            _log.error("ConnectionFailed", exc_info=bugs)
        finally:
            del open_connections[connection]

    async with trio.open_nursery() as beside:
        beside.start_soon(_abort_stuck, open_connections)
        async with trio.open_nursery() as connections:
            async with trio.open_nursery() as accepting:
                serve_all = partial(trio.serve_listeners, handler_nursery=connections)
                accepting.start_soon(serve_all, serve_connection, [listener])
                await shutdown()
                accepting.cancel_scope.cancel()
            await context.terminated.set()
            connections.cancel_scope.deadline = trio.current_time() + grace
            beside.start_soon(_abort_after, grace, open_connections)
        beside.cancel_scope.cancel()


async def _abort_stuck(open_connections: Mapping[Connection, None]) -> None:
    """Give up clients that do not read, which would hold their endpoint, and at the end the whole stop.

    Those that are left when the gateway fails are given up at once: it must not wait for them.
    """
    try:
        while True:
            await trio.sleep(LOOK_FOR_STUCK_SECONDS)
            for connection in list(open_connections):
                if connection.is_stuck:
                    connection.abort()
    finally:
        for connection in list(open_connections):
            connection.abort()


async def _abort_after(grace: float, open_connections: Mapping[Connection, None]) -> None:
    await trio.sleep(grace)
    for connection in list(open_connections):
        connection.abort()


class _Config(Config):
    """Hypercorn's, adding `Date` alone (RFC 9110, 6.6.1): from our clock, and made once a second."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._headers_of_second: tuple[int, list[tuple[bytes, bytes]]] = (-1, [])

    def response_headers(self, _protocol: str) -> list[tuple[bytes, bytes]]:
        second = int(self._clock.monotonic())
        if second != self._headers_of_second[0]:
            date = format_datetime(self._clock.now(), usegmt=True)
            self._headers_of_second = second, [(b"date", date.encode())]
        return self._headers_of_second[1]


def _config(clock: Clock) -> Config:
    config = _Config(clock)
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.websocket_max_message_size = LARGEST_FRAME_BYTES
    config.websocket_ping_interval = PING_SECONDS
    config.accesslog = None
    config.errorlog = None
    return config
