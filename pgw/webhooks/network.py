"""TCP and TLS to merchants' hosts, and never to a network of ours (server-side request forgery)."""

from collections.abc import Iterable, Sequence

import httpcore
import trio

from pgw.network import TcpStream
from pgw.webhooks.addresses import Address, is_public, read_address
from pgw.webhooks.resolver import Resolve, Resolver, SocketAddress

MOST_TRIED = 4
"""Addresses of one name."""


class NameNotResolved(httpcore.ConnectError):
    """There is no such name, or nobody who knew it."""


class NameNotResolvedInTime(httpcore.ConnectTimeout):
    """No answer came to what the name resolves to."""


class AddressNotPublic(httpcore.ConnectError):
    """Nothing was connected to. Which address it was is not told: it may be known inside only."""


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were judged, and to no others, unless `allow_private`.

    A name is resolved once for each connection. Where one of its addresses is not public, none is used.
    """

    def __init__(self, *, allow_private: bool, resolve: Resolve | None = None) -> None:
        self._allow_private = allow_private
        self._resolve = resolve or Resolver()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the port's own
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Connect within `timeout` seconds, to the first address that takes it.

        Raises `NameNotResolved`, `NameNotResolvedInTime`, `AddressNotPublic`, or httpcore's `ConnectError` or
        `ConnectTimeout`.
        """
        until = trio.current_time() + (float("inf") if timeout is None else timeout)
        addresses = await self._resolved(host, port, until)
        if not self._allow_private and not all(is_public(_ip(address)) for address in addresses):
            raise AddressNotPublic
        return TcpStream(await _first_that_takes_it(addresses[:MOST_TRIED], until))

    async def _resolved(self, host: str, port: int, until: float) -> Sequence[SocketAddress]:
        if read_address(host) is not None:
            return [(host, port)]
        try:
            with trio.fail_at(until):
                addresses = await self._resolve(host, port)
        except trio.TooSlowError as error:
            raise NameNotResolvedInTime from error
        except OSError as error:
            raise NameNotResolved from error
        if not addresses:
            raise NameNotResolved
        return addresses

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)


def _ip(address: SocketAddress) -> Address:
    ip = read_address(address[0])
    assert ip is not None, "a resolver tells numbers"
    return ip


async def _first_that_takes_it(addresses: Sequence[SocketAddress], until: float) -> trio.SocketStream:
    """Try one after the other; one that is silent leaves the others their share of the time."""
    error: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError()
    for number, address in enumerate(addresses):
        now = trio.current_time()
        try:
            with trio.fail_after(max(0, until - now) / (len(addresses) - number)):
                return await _connected(address)
        except trio.TooSlowError:
            error = httpcore.ConnectTimeout()
        except OSError as refused:
            error = httpcore.ConnectError()
            error.__cause__ = refused
    raise error


async def _connected(address: SocketAddress) -> trio.SocketStream:
    family = trio.socket.AF_INET6 if ":" in address[0] else trio.socket.AF_INET
    socket = trio.socket.socket(family)
    try:
        await socket.connect(address)
    except BaseException:
        socket.close()
        raise
    return trio.SocketStream(socket)
