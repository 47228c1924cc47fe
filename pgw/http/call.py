"""What an endpoint is given: the gateway's parts, and one request whose caller is known."""

from collections.abc import Callable

from attrs import field, frozen
from quart.wrappers import Request, Websocket

from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway
from pgw.actors.key_ring import Credential, KeyRing
from pgw.actors.webhooks import Webhooks
from pgw.domain.result import Result
from pgw.http.docs.files import Docs
from pgw.http.jobs.tickets import StreamTickets
from pgw.http.stopping import Stopping
from pgw.measures import UNMEASURED, Measures, Scrape, scrape_nothing
from pgw.ports import Clock, Ids
from pgw.storage.port import Storage
from pgw.webhooks.secrets import WebhookSecrets

ReadUrl = Callable[[str], Result[str, str]]
"""Reads a URL into the one spelling that it is kept in, or says in a sentence what is wrong with it."""


@frozen
class Parts:
    """What endpoints work with, made once at start. `stopping` is set when shutdown begins.

    From then on there are `grace` seconds until what still runs is cut off. `secret` is what fingerprints of
    requests are made with; `allowed_origins` are those of pages elsewhere that may open a stream, as browsers
    spell them; `docs` is the application's own to add.
    """

    gateway: Gateway
    storage: Storage
    stream: EventStream
    keys: KeyRing
    clock: Clock
    ids: Ids
    stopping: Stopping
    grace: float
    secret: bytes = field(repr=False)
    webhooks: Webhooks
    webhook_secrets: WebhookSecrets
    read_endpoint_url: ReadUrl
    tickets: StreamTickets
    allowed_origins: frozenset[str] = frozenset()
    measures: Measures = UNMEASURED
    scrape: Scrape = scrape_nothing
    docs: Docs | None = field(default=None, repr=False)


@frozen
class Call:
    """One request. On a route that needs no key `merchant_id` is empty, and there is no `sent_with`."""

    request: Request | Websocket
    request_id: str
    merchant_id: str
    sent_with: Credential | None = None

    @property
    def credential(self) -> Credential:
        """Whose request it is, on a route that needs a key."""
        assert self.sent_with is not None, "the route's scope asks for a key"
        return self.sent_with
