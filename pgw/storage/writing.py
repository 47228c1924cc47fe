"""What is written: a whole group of changes by one statement, which is its own transaction.

Each step of a statement gives up Python's interpreter lock and must win it back from a busy event loop, which
costs far more than the step. So the group goes in by one step, and a trigger spreads it over the tables.
"""

import sqlite3
from collections.abc import Sequence

from pgw.domain.idempotency import Claim
from pgw.storage.chain import Chain
from pgw.storage.rows import ChangeRows, to_json, to_write
from pgw.storage.timeline_rows import EntryRow

MOST_CLAIMS_LOOKED_AT = 5000
_KINDS = ("payment", "job", "attempt", "event", "flag", "claim")
_COLUMNS = ", ".join(("number", *(f"{kind}s" for kind in _KINDS), "entries", "head"))
_WRITE_GROUP = f"INSERT INTO change_groups ({_COLUMNS}) VALUES (?{', ?' * len(_KINDS)}, ?, ?)"
_WRITE_ENTRIES = "INSERT INTO sealed_entries (entries, head) VALUES (?, ?)"
_CLAIMS_BEFORE = """
    SELECT merchant_id, key, fingerprint, subject_id, answer FROM idempotency_keys
    WHERE (merchant_id, key) IN (SELECT value->>0, value->>1 FROM json_each(?))
"""
_LET_REST = """
    UPDATE attempts SET due_at = ?
    WHERE due_at IS NULL AND outcome IN (SELECT value FROM json_each(?)) AND job_id IN ({of_jobs})
"""
_OPEN_JOBS = "SELECT id FROM jobs WHERE status = 'Created'"
_SOME_JOBS = "SELECT value FROM json_each(?)"
_ACKNOWLEDGE = "UPDATE flags SET acknowledged_at = ? WHERE job_id = ? AND acknowledged_at IS NULL"
# The youngest first and so many at most: claims of jobs that stay open are not waded through each time. An
# outer join keeps its order, so that it ends at its limit; what is no job's has ended.
_FORGET_CLAIMS = """
    DELETE FROM idempotency_keys WHERE (merchant_id, key) IN (
        SELECT claims.merchant_id, claims.key
        FROM (SELECT merchant_id, key, job_id FROM idempotency_keys WHERE created_at < ?
            ORDER BY created_at DESC LIMIT ?) AS claims
        LEFT JOIN jobs ON jobs.id = claims.job_id
        WHERE jobs.status IS NOT 'Created' LIMIT ?)
"""
_LAST_SEQS = "SELECT id, last_seq FROM merchants WHERE id IN (SELECT value FROM json_each(?))"


def _rows(columns: int, array: str) -> str:
    """Return the columns of an array of rows. The limit keeps SQLite from rendering a row for each column."""
    values = ", ".join(f"row->>{column}" for column in range(columns))
    return f"SELECT {values} FROM (SELECT value AS row FROM json_each({array}) LIMIT -1) WHERE true"


_INSTALL = f"""
    CREATE TEMP VIEW change_groups ({_COLUMNS}) AS SELECT NULL{", NULL" * len(_KINDS)}, NULL, NULL;
    CREATE TEMP VIEW sealed_entries (entries, head) AS SELECT NULL, NULL;

    CREATE TEMP TRIGGER write_entries INSTEAD OF INSERT ON sealed_entries
    BEGIN
        INSERT INTO timeline {_rows(6, "NEW.entries")};

        INSERT INTO timeline_head VALUES (1, NEW.head->>0, NEW.head->>1, NEW.head->>2, NEW.head->>3)
        ON CONFLICT DO UPDATE SET number = excluded.number, hash = excluded.hash,
            sealed_by = excluded.sealed_by, seal = excluded.seal;
    END;

    CREATE TEMP TRIGGER write_group INSTEAD OF INSERT ON change_groups
    BEGIN
        INSERT INTO payments {_rows(26, "NEW.payments")}
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, captured = excluded.captured,
            refunded = excluded.refunded, decline_code = excluded.decline_code,
            updated_at = excluded.updated_at, capturing = excluded.capturing,
            refunding = excluded.refunding, is_voiding = excluded.is_voiding,
            void_reason = excluded.void_reason, expires_at = excluded.expires_at;

        INSERT INTO jobs {_rows(18, "NEW.jobs")}
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, payment_status = excluded.payment_status,
            failure_code = excluded.failure_code, failure_detail = excluded.failure_detail,
            updated_at = excluded.updated_at, failure_decline_code = excluded.failure_decline_code;

        INSERT INTO attempts {_rows(13, "NEW.attempts")}
        ON CONFLICT (reference) DO UPDATE SET outcome = excluded.outcome, tries = excluded.tries,
            authorization_code = excluded.authorization_code, updated_at = excluded.updated_at,
            due_at = excluded.due_at, inquiries = excluded.inquiries, failure = excluded.failure,
            settled_because = excluded.settled_because;

        INSERT INTO flags (job_id, code, detail, raised_at) {_rows(4, "NEW.flags")}
        ON CONFLICT DO NOTHING;

        INSERT INTO idempotency_keys {_rows(7, "NEW.claims")};

        INSERT INTO events
        SELECT merchants.id,
            last_seq + row_number() OVER (PARTITION BY merchants.id ORDER BY position),
            {", ".join(f"event->>{column}" for column in range(1, 13))}
        FROM (SELECT key AS position, value AS event FROM json_each(NEW.events) LIMIT -1)
        JOIN merchants ON merchants.id = event->>0;

        UPDATE merchants SET last_seq = last_seq + arrived.events
        FROM (SELECT value->>0 AS merchant_id, count(*) AS events FROM json_each(NEW.events) GROUP BY 1)
            AS arrived
        WHERE merchants.id = arrived.merchant_id;

        INSERT INTO sealed_entries SELECT NEW.entries, NEW.head WHERE NEW.entries IS NOT NULL;

        UPDATE newest_group SET number = NEW.number;
    END;
"""


def install(connection: sqlite3.Connection) -> None:
    """Make the connection one that can write groups."""
    connection.executescript(_INSTALL)


def write_group(
    connection: sqlite3.Connection, number: int, rows: Sequence[ChangeRows], chain: Chain | None = None
) -> None:
    """Write all rows and number the group; a transaction of its own where the caller has begun none.

    Their entries are sealed with a chain, which the caller takes back where nothing was written; without one
    they must have none. Raises `UnicodeEncodeError`, before anything is written, for a text that is no
    Unicode.
    """
    columns = [[given for row in rows if (given := getattr(row, kind)) is not None] for kind in _KINDS]
    entries = [entry for row in rows for entry in row.entries]
    sealed = (chain or Chain()).seal(entries) or (None, None)
    connection.execute(_WRITE_GROUP, [number, *map(to_write, columns), *sealed])


def write_entries(connection: sqlite3.Connection, entries: Sequence[EntryRow], chain: Chain) -> None:
    """Write entries that come with no change, inside the caller's transaction, as `write_group` does."""
    sealed = chain.seal(entries)
    if sealed is not None:
        connection.execute(_WRITE_ENTRIES, sealed)


def seqs_of(connection: sqlite3.Connection, rows: Sequence[ChangeRows]) -> list[int]:
    """Return the `seq` that each row's event was given by the group just written, or 0 where it has none."""
    merchant_ids = {row.merchant_id for row in rows if row.event is not None}
    last = dict(connection.execute(_LAST_SEQS, [to_json(sorted(merchant_ids))]).fetchall())
    seqs = []
    # From the last event back, since what is known is each merchant's newest number.
    for row in reversed(rows):
        if row.event is None:
            seqs.append(0)
            continue
        seqs.append(last[row.merchant_id])
        last[row.merchant_id] -= 1
    return seqs[::-1]


def claims_before(connection: sqlite3.Connection, rows: Sequence[ChangeRows]) -> dict[tuple[str, str], Claim]:
    """Return the claims that were made before of those that the rows make, by merchant and key."""
    wanted = [row.claim[:2] for row in rows if row.claim is not None]
    if not wanted:
        return {}
    found = connection.execute(_CLAIMS_BEFORE, [to_json(wanted)]).fetchall()
    return {(merchant_id, key): Claim(key, *others) for merchant_id, key, *others in found}


def let_rest(
    connection: sqlite3.Connection, due_at: int, outcomes: Sequence[str], job_ids: Sequence[str] | None
) -> int:
    """Make attempts due that nobody works at."""
    of_jobs, jobs = (_OPEN_JOBS, []) if job_ids is None else (_SOME_JOBS, [to_json(job_ids)])
    return _change(connection, _LET_REST.format(of_jobs=of_jobs), [due_at, to_json(outcomes), *jobs])


def acknowledge(connection: sqlite3.Connection, job_id: str, at: int) -> int:
    return _change(connection, _ACKNOWLEDGE, [at, job_id])


def forget_claims(connection: sqlite3.Connection, before: int, limit: int) -> int:
    return _change(connection, _FORGET_CLAIMS, [before, MOST_CLAIMS_LOOKED_AT, limit])


def _change(connection: sqlite3.Connection, statement: str, parameters: Sequence[object]) -> int:
    """Run one statement, which is its own transaction, and return how many rows it changed."""
    connection.execute(statement, parameters)
    (changed,) = connection.execute("SELECT changes()").fetchone()
    return int(changed)


def newest_group(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("SELECT number FROM newest_group").fetchone()
    return int(number)
