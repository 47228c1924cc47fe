import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest

from pgw.domain.job import JobEvent
from pgw.domain.merchant import Scope
from pgw.storage import database, merchants, migrations, reading, webhook_endpoints, webhooks
from pgw.storage.port import StorageCannotOpen
from tests.merchants import CREATED_AT, a_key
from tests.storage.test_webhooks import an_endpoint

STEPS = (
    "CREATE TABLE steps (step TEXT) STRICT; INSERT INTO steps VALUES ('first');",
    "INSERT INTO steps VALUES ('second');",
    "CREATE TABLE later (step TEXT) STRICT; INSERT INTO steps VALUES ('third');",
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "pgw.db", isolation_level=None)) as connection:
        yield connection


def _migrate(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, *scripts: str) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "migrations", lambda: scripts)
        migrations.migrate(connection)


def _steps(connection: sqlite3.Connection) -> list[str]:
    return [step for (step,) in connection.execute("SELECT step FROM steps ORDER BY rowid")]


def test_migrations_are_applied_in_order_and_once(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    _migrate(connection, monkeypatch, *STEPS)
    _migrate(connection, monkeypatch, *STEPS)
    assert ["first", "second", "third"] == _steps(connection)
    assert migrations.version(connection) == 3


def test_only_what_is_missing_is_applied(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    _migrate(connection, monkeypatch, *STEPS[:2])
    assert migrations.version(connection) == 2
    _migrate(connection, monkeypatch, "not SQL: applied before", "nor this", STEPS[2])
    assert ["first", "second", "third"] == _steps(connection)


def test_a_migration_that_fails_leaves_nothing_of_itself(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table: missing"):
        _migrate(connection, monkeypatch, STEPS[0], f"{STEPS[1]} INSERT INTO missing VALUES (1);")
    connection.execute("ROLLBACK")
    assert ["first"] == _steps(connection)
    assert migrations.version(connection) == 1


def test_the_scripts_are_numbered_from_1_without_a_gap() -> None:
    names = sorted(entry.name for entry in (files("pgw.storage") / "migrations").iterdir())
    assert all(re.fullmatch(r"[0-9]{4}_[a-z_]+\.sql", name) for name in names)
    assert list(range(1, len(names) + 1)) == [int(name[:4]) for name in names]
    assert len(names) == len(migrations.migrations())


def test_a_database_is_made_and_opened_again_at_the_newest_version(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    for _ in range(2):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            database.prepare_writer(connection, path)
            assert len(migrations.migrations()) == migrations.version(connection)


def test_a_newer_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 999")
        with pytest.raises(StorageCannotOpen, match=r"was written by a newer version of pgw\.$"):
            database.prepare_writer(connection, path)
        assert [] == connection.execute("SELECT name FROM sqlite_schema").fetchall()


def test_merchants_of_before_there_were_keys_keep_their_payments_and_are_given_an_age(
    connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _migrate(connection, monkeypatch, *migrations.migrations()[:2])
    connection.execute("INSERT INTO merchants (id, name, last_seq) VALUES ('mer_ap_123', 'Demo', 7)")
    connection.execute("INSERT INTO api_keys VALUES (?, 'mer_ap_123', 1)", ["0" * 64])
    database.prepare_writer(connection, tmp_path / "pgw.db")
    (merchant,) = merchants.merchants(connection, "", 10)
    assert ("mer_ap_123", None) == (merchant.id, merchant.disabled_at)
    assert 2026 <= merchant.created_at.year
    assert [] == merchants.keys(connection, None, "", 10)
    assert 7 == reading.last_seq(connection, "mer_ap_123")


BOTH = '["payments:read","payments:write"]'
BEFORE_WEBHOOKS = f"""
    INSERT INTO merchants (id, name, last_seq, created_at) VALUES ('mer_a', 'Shop', 2, 1);
    INSERT INTO payments VALUES ('pay_1', 'mer_a', 'Approved', 1050, 'EUR', 2, 1, 1050, 0, '4242', 'visa',
        11, 2034, NULL, NULL, '{{}}', 'bank', NULL, 1, 9);
    INSERT INTO jobs VALUES ('job_1', 'mer_a', 'payment', 'Completed', 'pay_1', 'Approved', 1050, 'EUR', 2,
        NULL, NULL, 'req_1', 1, 9);
    INSERT INTO attempts VALUES
        ('ref_1', 'pay_1', 'job_1', 'bank', 'Answered', 1, 'auth-1', 1, 9, NULL, 0, NULL, NULL);
    INSERT INTO events VALUES
        ('mer_a', 1, 'job.created', 'job_1', 'Created', 'Created', NULL, NULL, 1),
        ('mer_a', 2, 'job.completed', 'job_1', 'Completed', 'Approved', NULL, NULL, 9);
    INSERT INTO idempotency_keys (merchant_id, key, fingerprint, job_id, answer, created_at)
        VALUES ('mer_a', printf('%064d', 7), printf('%064d', 8), 'job_1', '{{"jobId":"job_1"}}', 5);
    INSERT INTO api_keys
        (id, digest, merchant_id, demo, hint, line, scopes, created_at, hashed_under, revoked_at)
    VALUES
        ('key_1', printf('%064d', 1), 'mer_a', 0, '0001', 'key_1', '{BOTH}', 1, 's', NULL),
        ('key_2', printf('%064d', 2), 'mer_a', 0, '0002', 'key_2', '["payments:read"]', 1, 's', NULL),
        ('key_3', printf('%064d', 3), 'mer_a', 0, '0003', 'key_3', '{BOTH}', 1, 's', 2);
"""


def test_what_was_there_before_webhooks_is_kept_and_none_of_it_is_delivered(
    connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _migrate(connection, monkeypatch, *migrations.migrations()[:3])
    connection.executescript(BEFORE_WEBHOOKS)
    database.prepare_writer(connection, tmp_path / "pgw.db")
    assert [] == connection.execute("PRAGMA foreign_key_check").fetchall()
    events = reading.events_after(connection, "mer_a", 0, None, 10)
    assert [(1, "job.created", "Created"), (2, "job.completed", "Approved")] == [
        (event.seq, event.type, event.job.payment_status) for event in events if isinstance(event, JobEvent)
    ]
    told = connection.execute("SELECT captured, refunded FROM events ORDER BY seq").fetchall()
    assert [(0, 0), (1050, 0)] == told, "a payment that was only accepted had nothing captured"
    claim = reading.claim(connection, "mer_a", f"{7:064}")
    assert claim is not None
    assert ("job_1", '{"jobId":"job_1"}') == (claim.subject_id, claim.answer)
    assert [4, 1, 2] == [len(key.scopes) for key in merchants.keys(connection, None, "", 10)]
    webhook_endpoints.add(connection, an_endpoint(), None)
    assert {} == webhooks.first_due_at(connection, ["whe_b"], 1 << 60)


def test_keys_of_before_there_were_webhooks_may_do_with_them_what_they_may_with_payments(
    connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _migrate(connection, monkeypatch, *migrations.migrations()[:3])
    connection.execute("INSERT INTO merchants (id, name, created_at) VALUES ('mer_a', 'Shop', 1)")
    read, write = Scope.PAYMENTS_READ, Scope.PAYMENTS_WRITE
    given = [(read, write), (read,), (write,), (read, write)]
    for number, scopes in enumerate(given):
        revoked_at = CREATED_AT if number == len(given) - 1 else None
        merchants.add_key(connection, a_key(number, scopes=scopes, revoked_at=revoked_at))
    database.prepare_writer(connection, tmp_path / "pgw.db")
    kept = [key.scopes for key in merchants.keys(connection, None, "", 10)]
    assert [tuple(Scope), *given[1:]] == kept
