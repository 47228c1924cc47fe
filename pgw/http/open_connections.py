"""All connections of a server: at most so many, and one watch for them all."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import trio

from pgw.domain.errors import Refusal
from pgw.http.connection import Connection, Waiting
from pgw.http.patience import SHIPPED, Patience

MOST_CONNECTIONS = 10_000
REFUSED_AT_A_TIME = 100  # a connection too many is told so only while there are no more of them


class OpenConnections:
    """`most` are served at a time; further ones take the place of those that only wait, or are refused."""

    def __init__(self, patience: Patience = SHIPPED, most: int = MOST_CONNECTIONS) -> None:
        self.patience = patience
        self._most = most
        # Without values: sets that keep their order.
        self._served: dict[Connection, None] = {}
        self._refused: dict[Connection, None] = {}
        self._waiting: Waiting = OrderedDict()

    def __len__(self) -> int:
        """Return how many are served."""
        return len(self._served)

    @contextmanager
    def opened(self, stream: trio.SocketStream) -> Iterator[tuple[Connection, str | None] | None]:
        """Give the connection, with the code of the problem if it is refused; None where there are too many.

        It is open while the context lasts.
        """
        is_served = self._has_room()
        if not is_served and len(self._refused) >= REFUSED_AT_A_TIME:
            yield None
            return
        connection = Connection(stream, self.patience, self._waiting)
        table = self._served if is_served else self._refused
        table[connection] = None
        try:
            yield connection, None if is_served else Refusal.OVERLOADED
        finally:
            del table[connection]
            connection.be_busy()

    def _has_room(self) -> bool:
        """Make room where there is none: the one that has waited longest for a request gives up its place."""
        if len(self._served) < self._most:
            return True
        longest = next(iter(self._waiting), None)
        if longest is None or trio.current_time() - longest.waits_since < self.patience.evictable:
            return False
        longest.abort()
        return True

    async def watch(self, stopped: Callable[[], Awaitable[None]]) -> None:
        """Give up clients that do not send; abort those that do not read, which would hold their endpoint.

        Once `stopped` has returned nothing waits for a request any more. Those that are left when the gateway
        fails are aborted at once: it must not wait for them.
        """
        try:
            is_stopped = False
            while True:
                with trio.move_on_after(self.patience.look):
                    if is_stopped:
                        await trio.sleep_forever()
                    await stopped()
                    is_stopped = True
                self._look(trio.current_time())
                if is_stopped:
                    for connection in list(self._waiting):
                        connection.give_up(Refusal.SHUTTING_DOWN)
        finally:
            self.abort_all()

    def _look(self, now: float) -> None:
        for table in (self._served, self._refused):
            for connection in list(table):
                if now > connection.sent_by:
                    connection.abort()
                elif now > connection.heard_by:
                    connection.give_up("RequestTimeout")

    def abort_all(self) -> None:
        for connection in [*self._served, *self._refused]:
            connection.abort()
