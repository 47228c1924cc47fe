"""Hypercorn on a socket of ours."""

import socket
from collections.abc import Awaitable, Callable
from typing import Any, cast

import trio
from hypercorn.config import Config
from hypercorn.trio import serve

from pgw.http.front import Application

BACKLOG = 1024
KEEP_ALIVE_SECONDS = 75  # longer than the 60 s of a load balancer, which must be the one to close
LARGEST_FRAME_BYTES = 4096  # nothing is expected from a stream's reader


class CannotListen(Exception):  # noqa: N818 - it is said to the operator as it stands
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
    except OSError as error:
        raise CannotListen(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    listener.setblocking(False)
    return listener


async def serve_http(
    app: Application,
    listener: socket.socket,
    *,
    shutdown: Callable[[], Awaitable[None]],
    grace: float,
    task_status: trio.TaskStatus[Any] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until `shutdown` returns, then give running requests `grace` seconds to end."""
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.backlog = BACKLOG
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.graceful_timeout = grace
    config.include_server_header = False
    config.websocket_max_message_size = LARGEST_FRAME_BYTES
    config.websocket_ping_interval = 20
    config.accesslog = None
    config.errorlog = None
    await serve(
        cast(Any, app),
        config,
        shutdown_trigger=cast(Any, shutdown),
        task_status=task_status,
        mode="asgi",
    )
