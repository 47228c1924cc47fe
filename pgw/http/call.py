"""What an endpoint is given: the gateway's parts, and one request whose caller is known."""

import trio
from attrs import field, frozen
from quart.wrappers import Request, Websocket

from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway
from pgw.http.authentication import KeyRing
from pgw.http.docs.files import Docs
from pgw.ports import Clock, Ids
from pgw.storage.port import Storage


@frozen
class Parts:
    """What endpoints work with, made once at start. `stopping` is set when shutdown begins.

    `secret` is what fingerprints of requests are made with; `docs` is the application's own to add.
    """

    gateway: Gateway
    storage: Storage
    stream: EventStream
    keys: KeyRing
    clock: Clock
    ids: Ids
    stopping: trio.Event
    secret: bytes = field(repr=False)
    docs: Docs | None = field(default=None, repr=False)


@frozen
class Call:
    """One request. `merchant_id` is empty on a route that needs no key."""

    request: Request | Websocket
    request_id: str
    merchant_id: str
