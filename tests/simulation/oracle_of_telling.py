"""What must be true at the very moment when a webhook's first byte may leave."""

import sqlite3
from collections.abc import Iterator

from attrs import frozen

from pgw.domain.delivery import DeliveryKey
from tests.simulation.books import read_event
from tests.simulation.receiver import Receiver, Telling

_PENDING_BEFORE = """
    SELECT seq FROM webhook_deliveries
    WHERE endpoint_id = ?1 AND payment_id = ?2 AND status = 'Pending' AND seq < ?3
        AND (redeliveries = 0 OR tries < ?4)
    ORDER BY seq
"""
_DELIVERY = (
    "SELECT redeliveries, tries FROM webhook_deliveries WHERE merchant_id = ? AND seq = ? AND endpoint_id = ?"
)


@frozen
class Limits:
    """How many tries may be under way at a time, to one endpoint and in all; and after how many it ends."""

    of_endpoint: int
    in_all: int
    tries: int


def violations_of_telling(
    receiver: Receiver, telling: Telling, connection: sqlite3.Connection, limits: Limits
) -> Iterator[str]:
    """Yield what is wrong with telling this now. The connection is in no transaction."""
    key = telling.key
    stored = read_event(connection, receiver.merchant_id, key.seq)
    if stored is None:
        yield f"webhooks: {key} is told, and its event is not committed"
    elif stored != telling.event:
        yield f"webhooks: {key} tells {telling.event}, and {stored} is stored"
    delivery = connection.execute(_DELIVERY, [receiver.merchant_id, key.seq, key.endpoint_id]).fetchone()
    if delivery is None:
        yield f"webhooks: {key} is told, and there is no such delivery"
        return
    if receiver.wants_nothing:
        yield f"webhooks: {key} is told, and its endpoint is disabled"
    if key in receiver.under_way:
        yield f"webhooks: {key} is under way twice"
    if len(receiver.under_way) >= limits.of_endpoint:
        yield f"webhooks: more than {limits.of_endpoint} are under way to {receiver.url}"
    earlier = receiver.of(key)
    if any(one.body != telling.body for one in earlier):
        yield f"webhooks: {key} says something else than before"
    redeliveries, tries = delivery
    was_given_up = redeliveries and tries >= limits.tries
    if not earlier and not was_given_up and telling.payment_id is not None:
        yield from _out_of_order(receiver, telling, telling.payment_id, connection, limits)


def _out_of_order(
    receiver: Receiver, telling: Telling, payment_id: str, connection: sqlite3.Connection, limits: Limits
) -> Iterator[str]:
    """What is told for the first time comes after all before it of its payment, once those are over."""
    key = telling.key
    of_payment = [one.key for one in receiver.tellings if one.payment_id == payment_id]
    if any(one.endpoint_id == key.endpoint_id and one.seq > key.seq for one in of_payment):
        yield f"webhooks: {key} is told after what comes after it"
    # What was given up, and is asked for again, has been over.
    values = [key.endpoint_id, payment_id, key.seq, limits.tries]
    for (seq,) in connection.execute(_PENDING_BEFORE, values).fetchall():
        before = DeliveryKey(seq, key.endpoint_id)
        if not receiver.has_acknowledged(before):
            yield f"webhooks: {key} is told before {before} is over"
