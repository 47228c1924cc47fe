"""Webhook endpoints and deliveries, as statements that an engine runs on its connection."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pgw.domain.delivery import (
    Delivery,
    DeliveryKey,
    DeliveryStatus,
    DeliveryTold,
    DeliveryTry,
    DueDelivery,
    TriedDelivery,
)
from pgw.domain.payment import Payment
from pgw.domain.times import from_milliseconds, milliseconds
from pgw.storage.chain import Chain
from pgw.storage.documents import EVENT, PAYMENT_THEN
from pgw.storage.rows import event_from, from_row, to_json, to_write
from pgw.storage.timeline_rows import try_row
from pgw.storage.transaction import transaction
from pgw.storage.webhook_port import DeliveryFilter, Due
from pgw.storage.writing import write_entries

MOST_TRIES = 20
_DELIVERY = """json_object('key', json_object('seq', deliveries.seq, 'endpoint_id', deliveries.endpoint_id),
    'merchant_id', deliveries.merchant_id, 'type', deliveries.type, 'payment_id', deliveries.payment_id,
    'status', deliveries.status, 'tries', tries, 'failures', failures, 'due_at', due_at,
    'created_at', deliveries.created_at, 'updated_at', deliveries.updated_at, 'redeliveries', redeliveries)
"""
_OF_EVENT = """
    JOIN events ON events.merchant_id = deliveries.merchant_id AND events.seq = deliveries.seq
    LEFT JOIN jobs ON jobs.id = events.job_id LEFT JOIN payments ON payments.id = jobs.payment_id
"""
# Two walks, along what is due and along what was written under a clock that was set back since, each of which
# ends at its limit.
_DUE = f"""
    SELECT json_group_array(json(due)) FROM (
        SELECT json_object('delivery', {_DELIVERY}, 'event', {EVENT}, 'payment', {PAYMENT_THEN}) AS due
        FROM (
            SELECT * FROM (
                SELECT * FROM webhook_deliveries WHERE endpoint_id = ?1 AND due_at <= ?2
                    AND seq NOT IN (SELECT value FROM json_each(?4)) ORDER BY due_at, seq LIMIT ?5)
            UNION ALL
            SELECT * FROM (
                SELECT * FROM webhook_deliveries WHERE endpoint_id = ?1 AND updated_at > ?3 AND due_at > ?2
                    AND seq NOT IN (SELECT value FROM json_each(?4)) LIMIT ?5)
            ORDER BY due_at, seq LIMIT ?5) AS deliveries
        {_OF_EVENT}
        ORDER BY due_at, deliveries.seq)
"""
_NEXT_DUE = "SELECT min(due_at) FROM webhook_deliveries WHERE endpoint_id = ? AND due_at > ?"
_FIRST_DUE = """
    SELECT json_group_object(endpoint_id, due_at) FROM (
        SELECT value AS endpoint_id, min(
            (SELECT min(due_at) FROM webhook_deliveries WHERE endpoint_id = value AND due_at IS NOT NULL),
            iif(EXISTS (SELECT 1 FROM webhook_deliveries
                WHERE endpoint_id = value AND updated_at > ?2 AND due_at IS NOT NULL), ?2, 1 << 62)) AS due_at
        FROM json_each(?1))
    WHERE due_at IS NOT NULL
"""
_TRIES = f"""
    SELECT json_group_array(json(document)) FROM (
        SELECT json_object('number', number, 'at', at, 'milliseconds', milliseconds,
            'status_code', status_code, 'error', error, 'snippet', snippet) AS document
        FROM (SELECT * FROM webhook_tries
            WHERE merchant_id = deliveries.merchant_id AND seq = deliveries.seq
                AND endpoint_id = deliveries.endpoint_id
            ORDER BY number DESC LIMIT {MOST_TRIES})
        ORDER BY number)
"""
_TOLD = f"""
    SELECT json_group_array(json(told)) FROM (
        SELECT json_object('delivery', {_DELIVERY}, 'tries', json(({_TRIES}))) AS told
        FROM webhook_deliveries AS deliveries {{by}}
        WHERE deliveries.merchant_id = ? AND {{which}}
            AND deliveries.endpoint_id IN (
                SELECT id FROM webhook_endpoints WHERE merchant_id = ?1 AND status <> 'Deleted')
        ORDER BY deliveries.seq DESC, deliveries.endpoint_id DESC LIMIT ?)
"""
_ADD_TRIES = """
    INSERT INTO webhook_tries
    SELECT value->>0, value->>1, value->>2, value->>6, value->>7, value->>8, value->>9, value->>10, value->>11
    FROM json_each(?1)
    WHERE EXISTS (SELECT 1 FROM webhook_deliveries WHERE merchant_id = value->>0 AND seq = value->>1
        AND endpoint_id = value->>2)
    ON CONFLICT DO NOTHING
"""
# However often it is asked for again.
_FORGET_TRIES = f"""
    DELETE FROM webhook_tries WHERE (merchant_id, seq, endpoint_id, number) IN (
        SELECT webhook_tries.merchant_id, webhook_tries.seq, webhook_tries.endpoint_id, number
        FROM json_each(?1) CROSS JOIN webhook_tries
            ON merchant_id = value->>0 AND seq = value->>1 AND endpoint_id = value->>2
                AND number <= value->>6 - {MOST_TRIES})
"""
_OF_TRIED = """
    FROM (SELECT value->>0 AS merchant_id, value->>1 AS seq, value->>2 AS endpoint_id, value->>3 AS status,
            value->>4 AS failures, value->>5 AS due_at, value->>6 AS number,
            value->>7 + value->>8 AS ended_at, value->>12 AS redeliveries
        FROM json_each(?1) LIMIT -1) AS tried
    WHERE webhook_deliveries.merchant_id = tried.merchant_id AND webhook_deliveries.seq = tried.seq
        AND webhook_deliveries.endpoint_id = tried.endpoint_id
"""
_COUNT_TRIES = f"UPDATE webhook_deliveries SET tries = max(tries, tried.number) {_OF_TRIED}"
# One that another one was put before meanwhile, by request, waits for that.
_ADVANCE = f"""
    UPDATE webhook_deliveries SET status = tried.status, failures = tried.failures,
        due_at = iif(webhook_deliveries.due_at IS NULL, NULL, tried.due_at), updated_at = tried.ended_at
    {_OF_TRIED} AND webhook_deliveries.status = 'Pending'
        AND webhook_deliveries.redeliveries = tried.redeliveries
"""
_FAIL_SINCE = """
    UPDATE webhook_endpoints
    SET failing_since = iif(newest.succeeded, NULL, coalesce(failing_since, newest.at))
    FROM (SELECT value->>2 AS endpoint_id, max(value->>3 = 'Delivered') AS succeeded, min(value->>7) AS at
        FROM json_each(?1) GROUP BY 1) AS newest
    WHERE webhook_endpoints.id = newest.endpoint_id AND (failing_since IS NULL) <> newest.succeeded
"""
_REDELIVER = """
    UPDATE webhook_deliveries SET status = 'Pending', failures = 0, updated_at = ?1,
        due_at = iif(payment_id IS NULL, ?1, NULL), redeliveries = redeliveries + 1
    WHERE merchant_id = ?2 AND seq = ?3 AND endpoint_id = ?4
"""


def first_due_at(
    connection: sqlite3.Connection, endpoint_ids: Sequence[str], horizon: int
) -> dict[str, datetime]:
    (document,) = connection.execute(_FIRST_DUE, [to_json(endpoint_ids), horizon]).fetchone()
    return {endpoint_id: from_milliseconds(at) for endpoint_id, at in json.loads(document).items()}


def due(
    connection: sqlite3.Connection,
    endpoint_id: str,
    times: tuple[int, int],
    limit: int,
    but_not: Sequence[int],
) -> Due:
    """Return what is due, given the time now and the horizon."""
    now, horizon = times
    values = [endpoint_id, now, horizon, to_json(but_not), limit]
    (document,) = connection.execute(_DUE, values).fetchone()
    (next_due,) = connection.execute(_NEXT_DUE, [endpoint_id, now]).fetchone()
    found = [_due_delivery(row) for row in json.loads(document)]
    return Due(found, None if next_due is None else from_milliseconds(next_due))


def _due_delivery(row: dict[str, Any]) -> DueDelivery:
    payment = None if row["payment"] is None else from_row(row["payment"], Payment)
    return DueDelivery(from_row(row["delivery"], Delivery), event_from(row["event"]), payment)


def record_tries(
    connection: sqlite3.Connection, group: Sequence[TriedDelivery], chain: Chain | None = None
) -> None:
    """Write what a group of tries came to, in one transaction, and what payments' timelines tell of them."""
    chain = chain or Chain()
    rows = to_write([_tried_row(tried) for tried in group])
    entries = [row for tried in group if (row := try_row(tried)) is not None]
    before = chain.newest
    try:
        with transaction(connection):
            for statement in (_ADD_TRIES, _FORGET_TRIES, _COUNT_TRIES, _ADVANCE, _FAIL_SINCE):
                connection.execute(statement, [rows])
            write_entries(connection, entries, chain)
    except (sqlite3.Error, UnicodeEncodeError) as error:
        if not chain.has_committed(connection, before, error):
            raise


def _tried_row(tried: TriedDelivery) -> list[Any]:
    made = tried.made
    return [
        tried.merchant_id,
        tried.key.seq,
        tried.key.endpoint_id,
        tried.status,
        tried.failures,
        None if tried.due_at is None else milliseconds(tried.due_at),
        made.number,
        milliseconds(made.at),
        made.milliseconds,
        made.status_code,
        made.error,
        made.snippet,
        tried.redeliveries,
    ]


def delivery(connection: sqlite3.Connection, merchant_id: str, key: DeliveryKey) -> DeliveryTold | None:
    statement = _TOLD.format(by="", which="deliveries.seq = ? AND deliveries.endpoint_id = ?")
    return next(iter(_told(connection, statement, [merchant_id, key.seq, key.endpoint_id, 1])), None)


def deliveries(
    connection: sqlite3.Connection,
    merchant_id: str,
    wanted: DeliveryFilter,
    before: DeliveryKey | None,
    limit: int,
) -> list[DeliveryTold]:
    conditions: dict[str, Sequence[Any]] = {}
    if wanted.endpoint_id is not None:
        conditions["deliveries.endpoint_id = ?"] = [wanted.endpoint_id]
    if wanted.payment_id is not None:
        conditions["deliveries.payment_id = ?"] = [wanted.payment_id]
    if wanted.status is not None:
        conditions["deliveries.status = ?"] = [wanted.status]
        if wanted.status is not DeliveryStatus.DELIVERED:
            conditions["deliveries.status <> 'Delivered'"] = []  # the index holds only those
    if before is not None:
        conditions["(deliveries.seq, deliveries.endpoint_id) < (?, ?)"] = [before.seq, before.endpoint_id]
    values = [value for given in conditions.values() for value in given]
    statement = _TOLD.format(by=_index_for(wanted), which=" AND ".join(conditions) or "true")
    return _told(connection, statement, [merchant_id, *values, limit])


def _index_for(wanted: DeliveryFilter) -> str:
    """Name the index that has the fewest others in it: SQLite would walk through all of the merchant's."""
    if wanted.payment_id is not None:
        return "INDEXED BY webhook_deliveries_of_payment"
    if wanted.status not in {None, DeliveryStatus.DELIVERED}:
        return "INDEXED BY webhook_deliveries_undelivered"
    return "" if wanted.endpoint_id is None else "INDEXED BY webhook_deliveries_of_endpoint"


def _told(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[DeliveryTold]:
    (document,) = connection.execute(statement, values).fetchone()
    return [_told_from(row) for row in json.loads(document)]


def _told_from(row: dict[str, Any]) -> DeliveryTold:
    return DeliveryTold(
        from_row(row["delivery"], Delivery), tuple(from_row(one, DeliveryTry) for one in row["tries"])
    )


def make_due(connection: sqlite3.Connection, merchant_id: str, key: DeliveryKey, at: int) -> None:
    """Begin a delivery anew, inside the caller's transaction.

    The first of what is pending of its payment is due then, which may be another one.
    """
    connection.execute(_REDELIVER, [at, merchant_id, key.seq, key.endpoint_id])
