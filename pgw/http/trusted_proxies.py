"""Who a request is from, where it came by a proxy that is trusted to say so."""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any

from pgw.http.addresses import Address, Network, read_address
from pgw.http.forwarded import MOST_HOPS, X_FORWARDED, Headers, Hop, forwarded_hops, x_forwarded_hops

_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss"}


class ProxyHeader(StrEnum):
    """Which kind of header the proxies write.

    A proxy that writes one kind may pass the other through from its client, who can put anything into it. So
    they are never mixed; `AUTO` takes `X-Forwarded-*` where one is there, since most proxies write those. It
    is safe only where the proxies write, or strip, these: where they write `Forwarded`, say so.
    """

    AUTO = "auto"
    X_FORWARDED = "x-forwarded"
    FORWARDED = "forwarded"


class TrustedProxies:
    """The networks whose word is taken for who the client is, and for the scheme and host that it asked."""

    def __init__(self, networks: Sequence[Network] = (), header: ProxyHeader = ProxyHeader.AUTO) -> None:
        self._networks = tuple(networks)
        self._header = header

    def rewrite(self, scope: MutableMapping[str, Any]) -> None:
        """Put what trusted proxies say into an ASGI scope; from any other peer it stays as it is."""
        if not self._networks or not scope.get("client"):
            return
        peer = read_address(scope["client"][0])
        if peer is None or not self._trusts(peer):
            return
        hop = self._outermost(self._hops(scope["headers"]))
        if hop.client is not None:
            scope["client"] = (str(hop.client), 0)
        if hop.scheme is not None:
            scope["scheme"] = _WEBSOCKET_SCHEMES[hop.scheme] if scope["type"] == "websocket" else hop.scheme
        if hop.host is not None:
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [(b"host", hop.host.encode()), *others]

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _hops(self, headers: Headers) -> Iterator[Hop]:
        reads: Callable[[Headers], Iterator[Hop]] = x_forwarded_hops
        match self._header:
            case ProxyHeader.FORWARDED:
                reads = forwarded_hops
            case ProxyHeader.AUTO if all(name not in X_FORWARDED for name, _ in headers):
                reads = forwarded_hops
        return reads(headers)

    def _outermost(self, hops: Iterator[Hop]) -> Hop:
        """Return the hop furthest out that a trusted proxy spoke of.

        Its client is the right-most address that is not trusted; where that is not to be read, the last one
        that was, or None where none was.
        """
        certain, outermost = None, Hop()
        for outermost in islice(hops, MOST_HOPS):
            if outermost.client is None:
                break
            certain = outermost.client
            if not self._trusts(certain):
                break
        return Hop(certain, outermost.scheme, outermost.host)


NO_PROXIES = TrustedProxies()
