"""What the database holds of webhooks, for the oracle alone."""

import sqlite3

from attrs import frozen

from pgw.domain.delivery import DeliveryKey

_DELIVERIES = """
    SELECT merchant_id, seq, endpoint_id, status, tries FROM webhook_deliveries
    ORDER BY merchant_id, seq, endpoint_id
"""
_UNDELIVERED = "SELECT count(*) FROM webhook_deliveries WHERE status <> 'Delivered'"


@frozen
class BookedDelivery:
    merchant_id: str
    key: DeliveryKey
    status: str
    tries: int


def read_deliveries(connection: sqlite3.Connection) -> tuple[BookedDelivery, ...]:
    return tuple(
        BookedDelivery(merchant_id, DeliveryKey(seq, endpoint_id), status, tries)
        for merchant_id, seq, endpoint_id, status, tries in connection.execute(_DELIVERIES).fetchall()
    )


def count_undelivered(connection: sqlite3.Connection) -> int:
    return int(connection.execute(_UNDELIVERED).fetchone()[0])
