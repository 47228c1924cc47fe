"""How long a merchant's events are kept: the oldest go first, so that what is left has no gap."""

import sqlite3

from pgw.storage.transaction import transaction

_FORGOTTEN_SEQ = "SELECT forgotten_seq FROM merchants WHERE id = ?"
# The last of the merchant's oldest events that may go: none behind one that is too young, or is waited for.
_LAST_TO_GO = """
    SELECT coalesce(max(seq), 0) FROM (
        SELECT seq, max(occurred_at) OVER (ORDER BY seq) AS youngest
        FROM (SELECT seq, occurred_at FROM events WHERE merchant_id = ?1 ORDER BY seq LIMIT ?3))
    WHERE youngest < ?2 AND seq < coalesce((
        SELECT min(seq) FROM webhook_deliveries
        WHERE merchant_id = ?1 AND status <> 'Delivered' AND status = 'Pending'
            AND endpoint_id IN (SELECT id FROM webhook_endpoints WHERE status = 'Enabled')), 1 << 62)
"""
_FORGET = "DELETE FROM events WHERE merchant_id = ? AND seq <= ?"
_FORGOTTEN = "UPDATE merchants SET forgotten_seq = ? WHERE id = ?"


def forgotten_seq(connection: sqlite3.Connection, merchant_id: str) -> int:
    found = connection.execute(_FORGOTTEN_SEQ, [merchant_id]).fetchone()
    return int(found[0]) if found else 0


def forget_events(connection: sqlite3.Connection, merchant_id: str, before: int, limit: int) -> int:
    """Forget events with their deliveries, and note up to which."""
    with transaction(connection):
        (last,) = connection.execute(_LAST_TO_GO, [merchant_id, before, limit]).fetchone()
        if not last:
            return 0
        connection.execute(_FORGET, [merchant_id, last])
        (forgotten,) = connection.execute("SELECT changes()").fetchone()
        connection.execute(_FORGOTTEN, [last, merchant_id])
    return int(forgotten)
