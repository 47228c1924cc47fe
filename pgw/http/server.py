"""Hypercorn's connections on a listener of ours."""

import socket
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from functools import partial
from typing import Any, cast

import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from pgw.http.conversation import Conversation
from pgw.http.door import Door
from pgw.http.front import Application
from pgw.http.open_connections import OpenConnections
from pgw.http.patience import PATIENCE, Patience
from pgw.http.refusal import Refusals
from pgw.measures import UNMEASURED, Measures
from pgw.ports import Clock, Ids

BACKLOG = 1024
LARGEST_HEAD_BYTES = 16 * 1024
LARGEST_MESSAGE_BYTES = 4096  # nothing is expected from a stream's reader
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


def url_of(host: str, port: int) -> str:
    """Return where clients reach a host, or an address of either version (RFC 3986, section 3.2.2)."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    app: Application,
    listener: trio.abc.Listener[trio.SocketStream],
    *,
    clock: Clock,
    ids: Ids,
    door: Door,
    shutdown: Callable[[], Awaitable[None]],
    drained: Callable[[], Awaitable[None]] = trio.lowlevel.checkpoint,
    grace: float,
    connections: OpenConnections,
    measures: Measures = UNMEASURED,
) -> None:
    """Serve until `shutdown` returns, then until what was accepted is `drained` and no request runs.

    Meanwhile connections are taken and answered, so that a load balancer hears that it is to go elsewhere;
    each is closed with its answer. All ends within `grace` seconds.
    """
    patience = connections.patience
    config, context = _config(clock, patience), WorkerContext(None)
    application, refusals = ASGIWrapper(cast("Any", app)), Refusals(clock, ids, measures)
    state = ConnectionState({PATIENCE: patience})

    async def serve_connection(stream: trio.SocketStream) -> None:
        # One connection's bug must not end them all.
        try:
            with connections.opened(stream) as opened:
                if opened is not None:
                    connection, refused = opened
                    conversation = Conversation(
                        application, config, context, state, connection, refusals=refusals, door=door
                    )
                    with connection.scope:
                        await conversation.run(refused)
        except* Exception as bugs:  # noqa: BLE001 - any bug of a connection ends here
            _log.error("ConnectionFailed", exc_info=bugs)

    async with trio.open_nursery() as beside:
        beside.start_soon(connections.watch, context.terminated.wait)
        async with trio.open_nursery() as serving:
            async with trio.open_nursery() as accepting:
                serve_all = partial(trio.serve_listeners, handler_nursery=serving)
                accepting.start_soon(serve_all, serve_connection, [listener])
                await shutdown()
                config.is_stopping = True
                deadline = serving.cancel_scope.deadline = trio.current_time() + grace
                beside.start_soon(_abort_at, deadline, connections)
                await drained()
                accepting.cancel_scope.cancel()
            await context.terminated.set()
        # What was accepted at the last moment, by a request that ran until now.
        with trio.move_on_at(deadline):
            await drained()
        beside.cancel_scope.cancel()


async def _abort_at(deadline: float, connections: OpenConnections) -> None:
    await trio.sleep_until(deadline)
    connections.abort_all()


class _Config(Config):
    """Hypercorn's, adding `Date` (RFC 9110, 6.6.1): from our clock, and made once a second.

    Once the server `is_stopping` each answer is its connection's last.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._headers_of_second: tuple[int, list[tuple[bytes, bytes]]] = (-1, [])
        self.is_stopping = False

    def response_headers(self, _protocol: str) -> list[tuple[bytes, bytes]]:
        second = int(self._clock.monotonic())
        if second != self._headers_of_second[0]:
            date = format_datetime(self._clock.now(), usegmt=True)
            self._headers_of_second = second, [(b"date", date.encode())]
        headers = self._headers_of_second[1]
        return [*headers, (b"connection", b"close")] if self.is_stopping else headers


def _config(clock: Clock, patience: Patience) -> _Config:
    config = _Config(clock)
    config.h11_max_incomplete_size = LARGEST_HEAD_BYTES
    config.websocket_max_message_size = LARGEST_MESSAGE_BYTES
    config.websocket_ping_interval = patience.ping
    config.accesslog = None
    config.errorlog = None
    return config
