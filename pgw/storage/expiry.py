"""Authorizations that nobody captured in time, as functions that an engine runs on its connection.

What an open capture or void holds is not in the index, so however much of that there is, none of it is waded
through.
"""

import json
import sqlite3

from pgw.domain.times import from_milliseconds, milliseconds
from pgw.storage.expiry_port import Expired

_IS_FREE = "capturing = 0 AND is_voiding = 0"
_EXPIRED = f"""
    SELECT json_group_array(json_array(merchant_id, id, expires_at)) FROM (
        SELECT merchant_id, id, expires_at FROM payments
        WHERE expires_at <= ?1 AND (expires_at, id) > (?2, ?3) AND {_IS_FREE}
        ORDER BY expires_at, id LIMIT ?4)
"""
# The last of all first: where the setting was shortened, others are late too, and rightly.
_PUT_BACK = f"""
    UPDATE payments SET expires_at = ?1 WHERE id IN (
        SELECT late.id FROM (
            SELECT id, authorization_reference FROM payments
            WHERE expires_at > ?1 AND {_IS_FREE} ORDER BY expires_at DESC LIMIT ?3) AS late
        JOIN attempts ON attempts.reference = late.authorization_reference
        WHERE attempts.updated_at > ?2)
"""
_BEFORE_ALL = (-(2**62), "")


def expired(connection: sqlite3.Connection, now: int, after: Expired | None, limit: int) -> list[Expired]:
    beginning = _BEFORE_ALL if after is None else (milliseconds(after.expires_at), after.payment_id)
    (document,) = connection.execute(_EXPIRED, [now, *beginning, limit]).fetchone()
    return [
        Expired(merchant_id, payment_id, from_milliseconds(expires_at))
        for merchant_id, payment_id, expires_at in json.loads(document)
    ]


def put_back(connection: sqlite3.Connection, now: int, latest: int, limit: int) -> int:
    connection.execute(_PUT_BACK, [latest, now, limit])
    (changed,) = connection.execute("SELECT changes()").fetchone()
    return int(changed)
