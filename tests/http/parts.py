"""The parts of a gateway for endpoints without sockets, over the storage that a test gives them."""

from functools import partial

from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway
from pgw.actors.payment_ports import PaymentPorts
from pgw.http.call import Parts
from pgw.http.jobs.frames import event_frame
from pgw.http.jobs.tickets import StreamTickets
from pgw.http.stopping import Stopping
from pgw.ports import SystemRandomness
from pgw.storage.port import Storage
from pgw.webhooks.secrets import WebhookSecrets
from pgw.webhooks.url import read_endpoint_url
from tests.actors.fake_bank import FakeConnector
from tests.actors.tree import ports_with
from tests.actors.webhook_scene import no_webhooks
from tests.merchants import ring_with

KEY = "live-key"
MERCHANT_ID = "mer_a"
SECRET = b"a secret of more than thirty-two bytes"


def ports_over(storage: Storage) -> PaymentPorts:
    return ports_with(storage, FakeConnector())


def parts_over(storage: Storage, gateway: Gateway, ports: PaymentPorts) -> Parts:
    keys = ring_with(KEY, MERCHANT_ID, ports.clock)
    stream, stopping = EventStream(event_frame), Stopping()
    return Parts(
        *(gateway, storage, stream, keys, ports.clock, ports.ids, stopping, 10.0, SECRET),
        webhooks=no_webhooks(storage, ports.clock),
        webhook_secrets=WebhookSecrets(SECRET),
        tickets=StreamTickets(keys, ports.clock, SystemRandomness()),
        read_endpoint_url=partial(read_endpoint_url, allow_private=False),
    )
