"""The parts of a gateway for endpoints without sockets, over the storage that a test gives them."""

import trio

from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway
from pgw.actors.payment_ports import PaymentPorts
from pgw.domain.merchant import ApiKey
from pgw.http.authentication import KeyRing, digest_of
from pgw.http.call import Parts
from pgw.http.door import Door
from pgw.storage.port import Storage
from tests.actors.fake_bank import FakeConnector
from tests.actors.tree import ports_with

KEY = "live-key"
MERCHANT_ID = "mer_a"
SECRET = b"a secret of more than thirty-two bytes"


def ports_over(storage: Storage) -> PaymentPorts:
    return ports_with(storage, FakeConnector())


def parts_over(storage: Storage, gateway: Gateway, ports: PaymentPorts) -> Parts:
    keys = KeyRing([ApiKey(digest_of(KEY), MERCHANT_ID, demo=False)], demo=False)
    return Parts(
        gateway,
        storage,
        EventStream(),
        keys,
        ports.clock,
        ports.ids,
        trio.Event(),
        10.0,
        SECRET,
        Door(ports.clock),
    )
