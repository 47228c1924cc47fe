"""Merchants and their keys, as statements that an engine runs on its connection."""

import sqlite3
from datetime import datetime
from typing import TypeVar

from pgw.domain.api_key import ApiKey, KeyRefusal, cannot_add, cannot_rotate
from pgw.domain.merchant import Merchant
from pgw.domain.result import Err, Ok, Result
from pgw.domain.times import milliseconds
from pgw.storage.rows import from_rows, to_json
from pgw.storage.transaction import transaction

_MERCHANT = "json_object('id', id, 'name', name, 'created_at', created_at, 'disabled_at', disabled_at)"
_MERCHANTS = f"""
    SELECT json_group_array(json(document)) FROM (
        SELECT {_MERCHANT} AS document FROM merchants WHERE {{which}} ORDER BY id LIMIT ?)
"""
_ADD_MERCHANT = """
    INSERT INTO merchants (id, name, created_at, disabled_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_DISABLE = "UPDATE merchants SET disabled_at = ? WHERE id = ? AND disabled_at IS NULL"
_ENABLE = "UPDATE merchants SET disabled_at = NULL WHERE id = ?"

_KEY = """json_object('id', id, 'merchant_id', merchant_id, 'digest', digest, 'hashed_under', hashed_under,
    'hint', hint, 'line', line, 'scopes', json(scopes), 'created_at', created_at, 'expires_at', expires_at,
    'retires_at', retires_at, 'revoked_at', revoked_at, 'name', name,
    'demo', json(iif(demo, 'true', 'false')))
"""
_KEYS = f"""
    SELECT json_group_array(json(document)) FROM (
        SELECT {_KEY} AS document FROM api_keys WHERE {{which}} ORDER BY id LIMIT ?)
"""
_ADD_KEY = f"INSERT INTO api_keys VALUES (?{', ?' * 12})"
_RETIRE = "UPDATE api_keys SET retires_at = ? WHERE id = ?"
_REVOKE = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
_ALL = -1

Value = TypeVar("Value")


def add_merchant(connection: sqlite3.Connection, merchant: Merchant) -> None:
    """Add a merchant; one that is there already is left as it is."""
    disabled_at = merchant.disabled_at and milliseconds(merchant.disabled_at)
    created_at = milliseconds(merchant.created_at)
    connection.execute(_ADD_MERCHANT, [merchant.id, merchant.name, created_at, disabled_at])


def merchants(connection: sqlite3.Connection, after_id: str, limit: int) -> list[Merchant]:
    return _read(connection, _MERCHANTS, "id > ?", [after_id, limit], Merchant)


def disabled_merchants(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT id FROM merchants WHERE disabled_at IS NOT NULL ORDER BY id")
    return [merchant_id for (merchant_id,) in found.fetchall()]


def disable(connection: sqlite3.Connection, merchant_id: str, at: int) -> Merchant | None:
    connection.execute(_DISABLE, [at, merchant_id])
    return _merchant(connection, merchant_id)


def enable(connection: sqlite3.Connection, merchant_id: str) -> Merchant | None:
    connection.execute(_ENABLE, [merchant_id])
    return _merchant(connection, merchant_id)


def add_key(connection: sqlite3.Connection, key: ApiKey) -> Result[None, KeyRefusal]:
    """Add a key, unless it is there already or a rule forbids it."""
    with transaction(connection):
        if find_key(connection, key.id) is not None:
            return Ok(None)
        keys = _keys_of(connection, key.merchant_id)
        if refusal := cannot_add(key, _merchant(connection, key.merchant_id), keys):
            return Err(refusal)
        _insert(connection, key)
    return Ok(None)


def rotate_key(
    connection: sqlite3.Connection, key_id: str, successor: ApiKey, until: datetime
) -> Result[None, KeyRefusal]:
    """Add a key in the place of another one, whose end comes no later than that."""
    with transaction(connection):
        key, keys = find_key(connection, key_id), _keys_of(connection, successor.merchant_id)
        if refusal := cannot_rotate(key, keys, successor.created_at):
            return Err(refusal)
        if refusal := cannot_add(successor, _merchant(connection, successor.merchant_id), keys):
            return Err(refusal)
        assert key is not None, "one without a refusal is there"
        _insert(connection, successor)
        retires_at = key.retiring(until).retires_at
        connection.execute(_RETIRE, [retires_at and milliseconds(retires_at), key_id])
    return Ok(None)


def revoke_key(connection: sqlite3.Connection, key_id: str, at: int) -> None:
    connection.execute(_REVOKE, [at, key_id])


def find_key(connection: sqlite3.Connection, id_or_digest: str) -> ApiKey | None:
    """Return a key by its id, or by its digest, which is never another key's id."""
    found = _read(connection, _KEYS, "id = ? OR digest = ?", [id_or_digest, id_or_digest, 1], ApiKey)
    return next(iter(found), None)


def keys(connection: sqlite3.Connection, merchant_id: str | None, after_id: str, limit: int) -> list[ApiKey]:
    """Return a page of keys by their ids, of all merchants or of one."""
    if merchant_id is None:
        return _read(connection, _KEYS, "id > ?", [after_id, limit], ApiKey)
    return _read(connection, _KEYS, "merchant_id = ? AND id > ?", [merchant_id, after_id, limit], ApiKey)


def keys_not_revoked(connection: sqlite3.Connection) -> list[ApiKey]:
    return _read(connection, _KEYS, "revoked_at IS NULL", [_ALL], ApiKey)


def _merchant(connection: sqlite3.Connection, merchant_id: str) -> Merchant | None:
    return next(iter(_read(connection, _MERCHANTS, "id = ?", [merchant_id, 1], Merchant)), None)


def _keys_of(connection: sqlite3.Connection, merchant_id: str) -> list[ApiKey]:
    return _read(connection, _KEYS, "merchant_id = ? AND revoked_at IS NULL", [merchant_id, _ALL], ApiKey)


def _insert(connection: sqlite3.Connection, key: ApiKey) -> None:
    times = [key.created_at, key.expires_at, key.retires_at, key.revoked_at]
    spelled = [key.id, key.merchant_id, key.digest, key.hashed_under, key.hint, key.line]
    connection.execute(_ADD_KEY, [*spelled, to_json(key.scopes), *map(_stored, times), key.name, key.demo])


def _stored(at: datetime | None) -> int | None:
    return None if at is None else milliseconds(at)


def _read(
    connection: sqlite3.Connection, statement: str, which: str, values: list[object], kind: type[Value]
) -> list[Value]:
    (document,) = connection.execute(statement.format(which=which), values).fetchone()
    return from_rows(document, kind)
