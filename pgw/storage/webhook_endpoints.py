"""Webhook endpoints, and requests to send a delivery again: what merchants change, each under its key."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from pgw.domain.delivery import DeliveryKey, DeliveryTold
from pgw.domain.idempotency import Claim, ClaimOnce
from pgw.domain.result import Err, Ok, Result
from pgw.domain.times import milliseconds
from pgw.domain.webhook import MOST_ENDPOINTS, EndpointRefusal, RedeliveryRefusal, WebhookEndpoint
from pgw.storage import reading, webhooks
from pgw.storage.rows import from_rows, to_json
from pgw.storage.transaction import transaction
from pgw.storage.webhook_port import EndpointChange

_ENDPOINT = """json_object('id', id, 'merchant_id', merchant_id, 'url', url, 'description', description,
    'event_types', json(event_types), 'status', status, 'disabled_because', disabled_because,
    'secret_version', secret_version, 'previous_secret_until', previous_secret_until,
    'failing_since', failing_since, 'created_at', created_at, 'updated_at', updated_at)
"""
_ENDPOINTS = f"""
    SELECT json_group_array(json(document)) FROM (
        SELECT {_ENDPOINT} AS document FROM webhook_endpoints WHERE {{which}} ORDER BY id LIMIT ?)
"""
_PUT = f"""
    INSERT INTO webhook_endpoints VALUES (?{", ?" * 11})
    ON CONFLICT (id) DO UPDATE SET url = excluded.url, description = excluded.description,
        event_types = excluded.event_types, status = excluded.status,
        disabled_because = excluded.disabled_because, secret_version = excluded.secret_version,
        previous_secret_until = excluded.previous_secret_until, failing_since = excluded.failing_since,
        updated_at = excluded.updated_at
"""
_ADD_CLAIM = "INSERT INTO idempotency_keys VALUES (?, ?, ?, NULL, ?, ?, ?)"
_OF_MERCHANT = "merchant_id = ? AND status <> 'Deleted'"


def add(
    connection: sqlite3.Connection, endpoint: WebhookEndpoint, claim: Claim | None
) -> Result[None, EndpointRefusal | Claim]:
    with transaction(connection):
        if before := _before(connection, endpoint.merchant_id, claim):
            return Err(before)
        others = of_merchant(connection, endpoint.merchant_id)
        if any(other.url == endpoint.url for other in others):
            return Err(EndpointRefusal.DUPLICATE)
        if len(others) >= MOST_ENDPOINTS:
            return Err(EndpointRefusal.TOO_MANY)
        _put(connection, endpoint)
        if claim is not None:
            _add_claim(connection, endpoint.merchant_id, claim, milliseconds(endpoint.created_at))
    return Ok(None)


def change(
    connection: sqlite3.Connection,
    merchant_id: str,
    endpoint_id: str,
    become: EndpointChange,
    claim: ClaimOnce[WebhookEndpoint] | None,
) -> Result[WebhookEndpoint, EndpointRefusal | Claim]:
    with transaction(connection):
        if before := _before(connection, merchant_id, claim):
            return Err(before)
        found = find(connection, merchant_id, endpoint_id)
        if found is None:
            return Err(EndpointRefusal.UNKNOWN)
        endpoint = become(found)
        others = of_merchant(connection, merchant_id)
        if any(other.url == endpoint.url and other.id != endpoint_id for other in others):
            return Err(EndpointRefusal.DUPLICATE)
        _put(connection, endpoint)
        if claim is not None:
            _add_claim(connection, merchant_id, claim.make(endpoint), milliseconds(endpoint.updated_at))
    return Ok(endpoint)


def find(connection: sqlite3.Connection, merchant_id: str, endpoint_id: str) -> WebhookEndpoint | None:
    which = f"{_OF_MERCHANT} AND id = ?"
    return next(iter(_read(connection, which, [merchant_id, endpoint_id, 1])), None)


def of_merchant(connection: sqlite3.Connection, merchant_id: str) -> list[WebhookEndpoint]:
    return _read(connection, _OF_MERCHANT, [merchant_id, -1])


def enabled(connection: sqlite3.Connection, after_id: str, limit: int) -> list[WebhookEndpoint]:
    return _read(connection, "status = 'Enabled' AND id > ?", [after_id, limit])


def redeliver(
    connection: sqlite3.Connection,
    merchant_id: str,
    key: DeliveryKey,
    at: int,
    claim: ClaimOnce[DeliveryTold] | None,
) -> Result[DeliveryTold, RedeliveryRefusal | Claim]:
    with transaction(connection):
        if before := _before(connection, merchant_id, claim):
            return Err(before)
        endpoint = find(connection, merchant_id, key.endpoint_id)
        if endpoint is None or webhooks.delivery(connection, merchant_id, key) is None:
            return Err(RedeliveryRefusal.UNKNOWN)
        if not endpoint.is_enabled:
            return Err(RedeliveryRefusal.ENDPOINT_DISABLED)
        webhooks.make_due(connection, merchant_id, key, at)
        told = webhooks.delivery(connection, merchant_id, key)
        assert told is not None, "it was there a moment ago"
        if claim is not None:
            _add_claim(connection, merchant_id, claim.make(told), at)
    return Ok(told)


def _before(
    connection: sqlite3.Connection, merchant_id: str, claim: Claim | ClaimOnce[Any] | None
) -> Claim | None:
    """Return what was accepted under the key before, if the request has one."""
    return None if claim is None else reading.claim(connection, merchant_id, claim.key)


def _add_claim(connection: sqlite3.Connection, merchant_id: str, claim: Claim, at: int) -> None:
    values = [merchant_id, claim.key, claim.fingerprint, claim.answer, at, claim.subject_id]
    connection.execute(_ADD_CLAIM, values)


def _put(connection: sqlite3.Connection, endpoint: WebhookEndpoint) -> None:
    until, since = endpoint.previous_secret_until, endpoint.failing_since
    values = [
        endpoint.id,
        endpoint.merchant_id,
        endpoint.url,
        endpoint.description,
        None if endpoint.event_types is None else to_json(endpoint.event_types),
        endpoint.status,
        endpoint.disabled_because,
        endpoint.secret_version,
        None if until is None else milliseconds(until),
        None if since is None else milliseconds(since),
        milliseconds(endpoint.created_at),
        milliseconds(endpoint.updated_at),
    ]
    connection.execute(_PUT, values)


def _read(connection: sqlite3.Connection, which: str, values: Sequence[object]) -> list[WebhookEndpoint]:
    (document,) = connection.execute(_ENDPOINTS.format(which=which), values).fetchone()
    return from_rows(document, WebhookEndpoint)
