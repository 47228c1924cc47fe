"""How long a merchant's events are kept: the oldest go first, so that what is left has no gap.

With them go their deliveries, and then the endpoints that were deleted.
"""

import sqlite3

from pgw.storage.transaction import transaction

_FORGOTTEN_SEQ = "SELECT forgotten_seq FROM merchants WHERE id = ?"
MOST_DELIVERIES = 800
# The last of the merchant's oldest events that may go: none behind one that is too young, or is waited for.
# Only these few are looked at, whatever else is pending.
_LAST_TO_GO = f"""
    SELECT coalesce(max(seq), 0) FROM (
        SELECT seq, sum(deliveries) OVER (ORDER BY seq) AS deliveries,
            max(is_waited_for) OVER (ORDER BY seq) AS is_waited_for
        FROM (
            SELECT seq, (SELECT count(*) FROM webhook_deliveries AS delivery
                    WHERE delivery.merchant_id = ?1 AND delivery.seq = oldest.seq) AS deliveries,
                EXISTS (SELECT 1 FROM webhook_deliveries AS delivery
                    JOIN webhook_endpoints AS endpoint ON endpoint.id = delivery.endpoint_id
                    WHERE delivery.merchant_id = ?1 AND delivery.seq = oldest.seq
                        AND delivery.status = 'Pending' AND endpoint.status = 'Enabled') AS is_waited_for
            FROM (SELECT seq, max(occurred_at) OVER (ORDER BY seq) AS youngest
                FROM (SELECT seq, occurred_at FROM events WHERE merchant_id = ?1 ORDER BY seq LIMIT ?3)
            ) AS oldest
            WHERE youngest < ?2))
    WHERE deliveries <= {MOST_DELIVERIES} AND NOT is_waited_for
"""
_FORGET = "DELETE FROM events WHERE merchant_id = ? AND seq <= ?"
_FORGOTTEN = "UPDATE merchants SET forgotten_seq = ? WHERE id = ?"
_DELETED = """
    SELECT max(id) FROM (
        SELECT id FROM webhook_endpoints WHERE status = 'Deleted' AND id > ? ORDER BY id LIMIT ?)
"""
_FORGET_ENDPOINTS = """
    DELETE FROM webhook_endpoints WHERE status = 'Deleted' AND id > ? AND id <= ?
        AND NOT EXISTS (SELECT 1 FROM webhook_deliveries WHERE endpoint_id = webhook_endpoints.id)
"""


def forgotten_seq(connection: sqlite3.Connection, merchant_id: str) -> int:
    found = connection.execute(_FORGOTTEN_SEQ, [merchant_id]).fetchone()
    return int(found[0]) if found else 0


def forget_events(connection: sqlite3.Connection, merchant_id: str, before: int, limit: int) -> int:
    """Forget events with their deliveries, at most `MOST_DELIVERIES` of them, and note up to which.

    Payments wait behind it, and each delivery may have many tries.
    """
    with transaction(connection):
        (last,) = connection.execute(_LAST_TO_GO, [merchant_id, before, limit]).fetchone()
        if not last:
            return 0
        connection.execute(_FORGET, [merchant_id, last])
        (forgotten,) = connection.execute("SELECT changes()").fetchone()
        connection.execute(_FORGOTTEN, [last, merchant_id])
    return int(forgotten)


def forget_endpoints(connection: sqlite3.Connection, after_id: str, limit: int) -> str | None:
    """Forget those of a page of deleted endpoints of which no delivery is kept; return the page's last id."""
    with transaction(connection):
        (last,) = connection.execute(_DELETED, [after_id, limit]).fetchone()
        if last is None:
            return None
        connection.execute(_FORGET_ENDPOINTS, [after_id, last])
    return str(last)
