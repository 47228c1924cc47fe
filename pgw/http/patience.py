"""How long the server waits for a client, in one value, so that a test can be impatient."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

PATIENCE = "pgw.patience"


@frozen
class Patience:
    """Seconds. Each is counted from one moment: what trickles in does not prolong it.

    A request that is at work has no limit here: endpoints end by themselves, and a long poll takes 30 s.
    """

    first_byte: float = 15
    """From a connection's accept until the first byte of its first request."""
    head: float = 15
    """From the first byte of a request's head until its last."""
    body: float = 15
    """From the end of the head until the last byte of the body."""
    discard: float = 5
    """From an answer that did not wait for the whole body until the last byte of that."""
    keep_alive: float = 75
    """From an answer until the next request; longer than a load balancer's 60 s, which is to close first."""
    sending: float = 10
    """Until the client has made room for what is sent: one that is gone can resume its stream."""
    ping: float = 20
    """Between two pings of a WebSocket."""
    pong: float = 45
    """From one pong of a WebSocket until the next: two may be lost, and it is over within a minute."""
    left: float = 60
    """From a client's leaving until what is at work for it is cancelled: longer than any answer takes."""
    linger: float = 1
    """From our closing until the client's, where it may have sent what nobody read."""
    evictable: float = 1
    """From when a connection waits for a request until it gives up its place where all are taken."""

    look: float = 1
    """Between two looks at all connections, so that each of these may take as much longer."""


SHIPPED = Patience()


def patience_of(scope: Mapping[str, Any]) -> Patience:
    """Return the patience of the server that a request came through, else the shipped one."""
    patience: Patience = scope.get("state", {}).get(PATIENCE, SHIPPED)
    return patience
