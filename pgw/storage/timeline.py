"""Timelines, as statements that an engine runs on its connection."""

import json
import sqlite3
from typing import Any

from pgw.domain.timeline import ChainHead, ChainPage, RecordedEntry, SealedEntry
from pgw.storage.timeline_rows import recorded

_OF_PAYMENT = """
    SELECT (
        SELECT json_group_array(json_array(job_id, json(document)))
        FROM (SELECT job_id, document FROM timeline WHERE payment_id = ?2 ORDER BY number LIMIT ?4 OFFSET ?3))
    FROM payments WHERE id = ?2 AND merchant_id = ?1
"""
# As bytes, since what was tampered with need be no text.
_PAGE = """
    SELECT CAST(json_group_array(json_array(number, payment_id, job_id, document, sealed_by, hash)) AS BLOB),
        (SELECT coalesce(max(number), 0) FROM timeline),
        (SELECT CAST(json_array(number, hash, sealed_by, seal) AS BLOB) FROM timeline_head)
    FROM (SELECT * FROM timeline WHERE number > ? ORDER BY number LIMIT ?)
"""


def of_payment(
    connection: sqlite3.Connection, merchant_id: str, payment_id: str, after: int, limit: int
) -> list[RecordedEntry] | None:
    found = connection.execute(_OF_PAYMENT, [merchant_id, payment_id, after, limit]).fetchone()
    if found is None:
        return None
    return [recorded(number, *row) for number, row in enumerate(json.loads(found[0]), after + 1)]


def page(connection: sqlite3.Connection, after: int, limit: int) -> ChainPage:
    """Return entries and head by one statement, so as they were at one moment."""
    entries, newest, head = connection.execute(_PAGE, [after, limit]).fetchone()
    sealed = [SealedEntry(*row) for row in _read(entries)]
    return ChainPage(sealed, newest, None if head is None else ChainHead(*_read(head)))


def _read(document: bytes) -> list[Any]:
    """Read JSON in which bytes that are no Unicode are escaped (PEP 383), so that they are told apart."""
    rows: list[Any] = json.loads(document.decode("utf-8", "surrogateescape"))
    return rows
