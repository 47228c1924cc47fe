"""What is written: a whole group of changes by one statement, which is its own transaction.

Each step of a statement gives up Python's interpreter lock and must win it back from a busy event loop, which
costs far more than the step. So the group goes in by one step, and a trigger spreads it over the tables.
"""

import sqlite3
from collections.abc import Sequence

from pgw.domain.merchant import ApiKey, Merchant
from pgw.storage.rows import ChangeRows, to_json, to_write

_WRITE_GROUP = "INSERT INTO change_groups (number, payments, jobs, attempts, events) VALUES (?, ?, ?, ?, ?)"
_LAST_SEQS = "SELECT id, last_seq FROM merchants WHERE id IN (SELECT value FROM json_each(?))"


def _rows(columns: int, array: str) -> str:
    """Return the columns of an array of rows. The limit keeps SQLite from rendering a row for each column."""
    values = ", ".join(f"row->>{column}" for column in range(columns))
    return f"SELECT {values} FROM (SELECT value AS row FROM json_each({array}) LIMIT -1) WHERE true"


_INSTALL = f"""
    CREATE TEMP VIEW change_groups (number, payments, jobs, attempts, events)
    AS SELECT NULL, NULL, NULL, NULL, NULL;

    CREATE TEMP TRIGGER write_group INSTEAD OF INSERT ON change_groups
    BEGIN
        INSERT INTO payments {_rows(20, "NEW.payments")}
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, captured = excluded.captured,
            refunded = excluded.refunded, decline_code = excluded.decline_code,
            updated_at = excluded.updated_at;

        INSERT INTO jobs {_rows(14, "NEW.jobs")}
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, payment_status = excluded.payment_status,
            failure_code = excluded.failure_code, failure_detail = excluded.failure_detail,
            updated_at = excluded.updated_at;

        INSERT INTO attempts {_rows(9, "NEW.attempts")}
        ON CONFLICT (reference) DO UPDATE SET outcome = excluded.outcome, tries = excluded.tries,
            authorization_code = excluded.authorization_code, updated_at = excluded.updated_at;

        INSERT INTO events
        SELECT merchants.id,
            last_seq + row_number() OVER (PARTITION BY merchants.id ORDER BY position),
            event->>1, event->>2, event->>3, event->>4, event->>5, event->>6, event->>7
        FROM (SELECT key AS position, value AS event FROM json_each(NEW.events) LIMIT -1)
        JOIN merchants ON merchants.id = event->>0;

        UPDATE merchants SET last_seq = last_seq + arrived.events
        FROM (SELECT value->>0 AS merchant_id, count(*) AS events FROM json_each(NEW.events) GROUP BY 1)
            AS arrived
        WHERE merchants.id = arrived.merchant_id;

        UPDATE newest_group SET number = NEW.number;
    END;
"""


def install(connection: sqlite3.Connection) -> None:
    """Make the connection one that can write groups."""
    connection.executescript(_INSTALL)


def write_group(connection: sqlite3.Connection, number: int, rows: Sequence[ChangeRows]) -> None:
    """Write all rows and number the group; a transaction of its own where the caller has begun none.

    Raises `UnicodeEncodeError`, before anything is written, for a text that is no Unicode.
    """
    columns = (
        [row.payment for row in rows],
        [row.job for row in rows],
        [row.attempt for row in rows],
        [row.event for row in rows],
    )
    connection.execute(_WRITE_GROUP, [number, *map(to_write, columns)])


def seqs_of(connection: sqlite3.Connection, rows: Sequence[ChangeRows]) -> list[int]:
    """Return the `seq` that each row's event was given by the group just written, in its order."""
    merchant_ids = [row.merchant_id for row in rows]
    last = dict(connection.execute(_LAST_SEQS, [to_json(sorted(set(merchant_ids)))]).fetchall())
    seqs = []
    # From the last event back, since what is known is each merchant's newest number.
    for merchant_id in reversed(merchant_ids):
        seqs.append(last[merchant_id])
        last[merchant_id] -= 1
    return seqs[::-1]


def add_merchant(connection: sqlite3.Connection, merchant: Merchant, key: ApiKey) -> None:
    """Add a merchant and its key; what is there already is left as it is."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "INSERT INTO merchants (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [merchant.id, merchant.name],
        )
        connection.execute(
            "INSERT INTO api_keys (digest, merchant_id, demo) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [key.digest, key.merchant_id, key.demo],
        )
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def newest_group(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("SELECT number FROM newest_group").fetchone()
    return int(number)
