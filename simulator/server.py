"""Listens, serves until a signal comes, and keeps the number of connections within bounds."""

import errno
import os
import resource
import signal
from collections.abc import Callable

import attrs
import trio

from simulator.connection import Connection, Handler, Patience

BACKLOG = 4096
OPEN_FILES = 65_536
SPARE_FILES = 64
"""For listeners, standard streams and whatever the interpreter opens."""


class CannotListenError(Exception):
    """The operator chose an address that cannot be listened on; the message is a sentence."""


@attrs.define
class Server:
    handler: Handler
    patience: Patience
    most_connections: int
    _connections: int = 0

    async def run(self, host: str, port: int, announce: Callable[[str], None]) -> None:
        """Serve until SIGINT or SIGTERM; `announce` is told the URL. Raises CannotListenError."""
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            listeners = await _listen(host, port)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.serve_listeners, self._serve, listeners)
                announce(_url(listeners[0]))
                await anext(signals)
                nursery.cancel_scope.cancel()

    async def _serve(self, stream: trio.SocketStream) -> None:
        if self._connections >= self.most_connections:
            await stream.aclose()
            return
        self._connections += 1
        try:
            await Connection(stream, self.handler, self.patience).serve()
        finally:
            self._connections -= 1


async def _listen(host: str, port: int) -> list[trio.SocketListener]:
    try:
        return await trio.open_tcp_listeners(port, host=host, backlog=BACKLOG)
    except OSError as error:
        hint = "; is another one running? --port chooses another" if error.errno == errno.EADDRINUSE else ""
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
        raise CannotListenError(f"cannot listen on {host}:{port}: {reason.lower()}{hint}.") from error


def _url(listener: trio.SocketListener) -> str:
    host, port = listener.socket.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def raise_open_files() -> int:
    """Raise the soft limit of open files as far as is sensible; returns how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return OPEN_FILES if soft == resource.RLIM_INFINITY else min(soft, OPEN_FILES) - SPARE_FILES
