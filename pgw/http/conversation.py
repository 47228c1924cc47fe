"""One connection's whole life: Hypercorn's TCPServer, less TLS and its timers."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState
from hypercorn.utils import parse_socket_addr

from pgw.http.connection import Connection, Whole
from pgw.http.door import Door
from pgw.http.protocol import Protocol
from pgw.http.refusal import Refusals

LARGEST_READ_BYTES = 16 * 1024


class Conversation(TCPServer):
    """Its connection is watched from without, so it has no task and no timer of its own for that."""

    def __init__(
        self,
        app: AppWrapper,
        config: Config,
        context: WorkerContext,
        state: ConnectionState,
        connection: Connection,
        *,
        refusals: Refusals,
        door: Door,
    ) -> None:
        super().__init__(app, config, context, state, cast("Any", connection))
        self._connection = connection
        self._refusals = refusals
        self._door = door

    async def run(self, refused: str | None = None) -> None:
        """Answer requests until either side ends it; or say at once why none is, by the code of a problem."""
        family, socket = self._connection.socket.family, self._connection.socket
        try:
            # Before the group: it may have left already, and an error in there comes in a group.
            client = parse_socket_addr(family, socket.getpeername())
            server = parse_socket_addr(family, socket.getsockname())
            async with TaskGroup() as task_group:
                self.protocol = protocol = self._protocol(task_group, client, server)
                if refused is not None:
                    await protocol.refuse(refused)
                await self._read_data()
        except OSError:
            pass  # it left while it was asked for its address
        finally:
            self._door.leave(self._connection)
            await self._close()

    def _protocol(self, task_group: TaskGroup, client: Any, server: Any) -> Any:
        """Return what takes the place of Hypercorn's `ProtocolWrapper`, which would change to HTTP/2."""
        return Protocol(
            self._connection,
            self._refusals,
            self._door,
            self.config,
            self.app,
            self.context,
            task_group,
            self.state,
            False,  # TLS ends at the load balancer
            client,
            server,
            self.protocol_send,
        )

    async def protocol_send(self, event: Event | Whole) -> None:
        match event:
            case RawData():
                await self._send(self._connection.send_all, event.data)
            case Whole():
                await self._send(self._connection.send_whole, event.data)
            case Updated(idle=True):
                self._connection.be_idle()
            case Updated():
                self._connection.be_busy()
            case Closed():
                await self._end()

    async def _send(self, send: Callable[[bytes], Awaitable[None]], data: bytes) -> None:
        """Send all of it or end the connection: half of a frame or of a head would be taken for another."""
        try:
            with trio.CancelScope(shield=True):
                await send(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            await self.protocol.handle(Closed())

    async def _end(self) -> None:
        protocol = cast("Any", self.protocol)
        if protocol.end():
            await self._connection.linger()
        else:
            await self._close()
        await protocol.handle(Closed())

    async def _read_data(self) -> None:
        data: bytes | bytearray = b"-"
        while data:
            try:
                data = await self._connection.receive_some(LARGEST_READ_BYTES)
            except (trio.ClosedResourceError, trio.BrokenResourceError):
                break
            await self.protocol.handle(RawData(bytes(data)))
        await self.protocol.handle(Closed())
