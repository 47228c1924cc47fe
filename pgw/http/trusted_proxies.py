"""Who a request is from, where it came by a proxy that is trusted to say so."""

from collections.abc import Iterator, MutableMapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any

from pgw.http.addresses import Address, Network, read_address
from pgw.http.forwarded import MOST_HOPS, X_FORWARDED, Headers, Hop, forwarded_hops, x_forwarded_hops

_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss"}


class ProxyHeader(StrEnum):
    """Which kind of header the proxies write.

    A proxy that writes one kind may pass the other through from its client, who can put anything into it. So
    they are never mixed. `AUTO` takes the kind that is there; where both are, and they name two clients, one
    of them is forged, and neither is believed: say which one your proxies write, and the other is ignored.
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
        hop = self._said(scope["headers"])
        if hop.client is not None:
            scope["client"] = (str(hop.client), 0)
        if hop.scheme is not None:
            scope["scheme"] = _WEBSOCKET_SCHEMES[hop.scheme] if scope["type"] == "websocket" else hop.scheme
        if hop.host is not None:
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [(b"host", hop.host.encode()), *others]

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _said(self, headers: Headers) -> Hop:
        """Return what the proxies say; nothing where two kinds of header name two clients: one is forged."""
        names = {name for name, _ in headers}
        has_x, has_forwarded = not names.isdisjoint(X_FORWARDED), b"forwarded" in names
        if self._header is ProxyHeader.FORWARDED or (self._header is ProxyHeader.AUTO and not has_x):
            return self._outermost(forwarded_hops(headers))
        hop = self._outermost(x_forwarded_hops(headers))
        if self._header is ProxyHeader.X_FORWARDED or not has_forwarded:
            return hop
        return hop if hop.client == self._outermost(forwarded_hops(headers)).client else Hop()

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
