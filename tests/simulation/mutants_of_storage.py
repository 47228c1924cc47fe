"""Bugs in what is kept, and in when it is told."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from pgw.storage import database, group_commit, reading, writing
from pgw.storage.disk_errors import raise_where_lost
from pgw.storage.port import Change
from pgw.storage.rows import event_of
from pgw.storage.sqlite import SqliteStorage
from tests.simulation.disk import Disk
from tests.simulation.life import Life


@contextmanager
def no_check_of_the_key() -> Iterator[None]:
    """An idempotency key is not looked for, and the newest claim is kept."""
    insert = "INSERT INTO idempotency_keys"
    assert insert in writing._INSTALL
    with (
        patch.object(writing, "claims_before", lambda _connection, _rows: {}),
        patch.object(
            writing, "_INSTALL", writing._INSTALL.replace(insert, "INSERT OR REPLACE INTO idempotency_keys")
        ),
    ):
        yield


@contextmanager
def not_every_commit_synced() -> Iterator[None]:
    """`synchronous` is NORMAL, which a power cut shows."""
    with patch.dict(database._WRITER_PRAGMAS, {"synchronous": 1}):
        yield


@contextmanager
def commit_error_means_no() -> Iterator[None]:
    """A write that reports an error is not read back."""

    def has_committed(connection: sqlite3.Connection, _number: int, error: Exception) -> bool:
        raise_where_lost(error)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return False

    with patch.object(group_commit, "_has_committed", has_committed):
        yield


@contextmanager
def dead_life_commits() -> Iterator[None]:
    """A process that was killed goes on with what it had begun, on the revived disk."""
    with (
        patch.object(Life, "go_on", lambda _life: None),
        patch.object(Disk, "refuse_the_dead", lambda _disk, _incarnation: None),
    ):
        yield


@contextmanager
def recovery_skips_one() -> Iterator[None]:
    """Of what a crash left, the newest is not let rest."""
    but_one = " AND job_id <> (SELECT max(job_id) FROM attempts WHERE outcome = 'Intended')"
    with patch.object(writing, "_LET_REST", writing._LET_REST + but_one):
        yield


@contextmanager
def event_before_commit() -> Iterator[None]:
    """Events are published when they are written, and not when they are committed."""
    commit = SqliteStorage._commit

    async def _commit(storage: SqliteStorage, changes: Sequence[Change]) -> Sequence[Any]:
        on_committed, seqs = storage._on_committed, {}
        told = [change for change in changes if change.is_told]
        for merchant_id in dict.fromkeys(change.job.merchant_id for change in told):
            seqs[merchant_id] = await storage._reader.run(reading.last_seq, merchant_id)
        events = []
        for change in told:
            seqs[change.job.merchant_id] += 1
            events.append(event_of(seqs[change.job.merchant_id], change))
        on_committed(events)
        storage._on_committed = lambda _events: None
        try:
            return await commit(storage, changes)
        finally:
            storage._on_committed = on_committed

    with patch.object(SqliteStorage, "_commit", _commit):
        yield
