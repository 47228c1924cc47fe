"""A database of before there were operations keeps everything, and can have operations from then on."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.operation import CaptureOrder, begin
from pgw.domain.payment import PaymentStatus
from pgw.domain.result import Ok
from pgw.domain.times import milliseconds
from pgw.storage import database, migrations, reading, webhooks
from tests.storage.conftest import NOW

AT = milliseconds(NOW)
WEEK = 7 * 86_400_000
# Status, captured, decline code, job's status, failure, attempt's outcome.
PAYMENTS = [
    ("Created", 0, None, "Created", None, "Intended"),
    ("Authorized", 0, None, "Completed", None, "Answered"),
    ("Approved", 1050, None, "Completed", None, "Answered"),
    ("Declined", 0, "lost_card", "Completed", None, "Answered"),
    ("Unknown", 0, None, "Created", None, "Doubtful"),
    ("Unknown", 0, None, "Created", None, "NotReversible"),
    ("Failed", 0, None, "Failed", "Interrupted", "Reversed"),
]


def _fill(connection: sqlite3.Connection) -> None:
    """Write as version 4 did: one payment of each kind, with all that there may be of it."""
    run = connection.execute
    run("INSERT INTO merchants (id, name, last_seq, created_at) VALUES ('mer_a', 'Shop', 14, 1)")
    run(
        "INSERT INTO webhook_endpoints VALUES"
        " ('whe_b', 'mer_a', 'https://shop.example/', NULL, NULL, 'Enabled', NULL, 1, NULL, NULL, 1, 1)"
    )
    for number, (status, captured, decline, job_status, failure, outcome) in enumerate(PAYMENTS):
        run(
            "INSERT INTO payments VALUES (?, 'mer_a', ?, 1050, 'EUR', 2, ?, ?, 0, '4242', 'visa', 11, 2034,"
            " 'Order 17', 'order-17', '{\"a\":\"b\"}', 'bank', ?, ?, ?)",
            [f"pay_{number}", status, status != "Authorized", captured, decline, AT, AT + 9],
        )
        detail = failure and "It was reversed."
        run(
            "INSERT INTO jobs VALUES (?, 'mer_a', 'payment', ?, ?, ?, 1050, 'EUR', 2, ?, ?, 'req_1', ?, ?)",
            [f"job_{number}", job_status, f"pay_{number}", status, failure, detail, AT, AT + 9],
        )
        run(
            "INSERT INTO attempts VALUES (?, ?, ?, 'bank', ?, 1, NULL, ?, ?, NULL, 0, 'Interrupted', NULL)",
            [f"ref_{number}", f"pay_{number}", f"job_{number}", outcome, AT, AT + 9],
        )
        for seq, then in ((2 * number + 1, "Created"), (2 * number + 2, status)):
            kind = {"Created": "job.created", "Unknown": "job.updated", "Failed": "job.failed"}
            run(
                "INSERT INTO events VALUES ('mer_a', ?, ?, ?, ?, ?, NULL, NULL, ?, 0, 0, NULL, NULL)",
                [seq, kind.get(then, "job.completed"), f"job_{number}", job_status, then, AT],
            )
        run("INSERT INTO flags VALUES (?, 'StillUnknown', 'asked 10 times', 5, NULL)", [f"job_{number}"])
        key = [f"{number:064}", "f" * 64, f"job_{number}", f"job_{number}"]
        run("INSERT INTO idempotency_keys VALUES ('mer_a', ?, ?, ?, '{}', 5, ?)", key)


def _names(connection: sqlite3.Connection, kind: str) -> set[str]:
    found = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%'", [kind]
    )
    return {name for (name,) in found}


def _declared(kind: str) -> set[str]:
    """Return what all scripts together make and leave, by what they say."""
    text = "\n".join(migrations.migrations())
    made = set(re.findall(rf"CREATE (?:UNIQUE )?{kind} ([a-z_]+)", text))
    return made - set(re.findall(rf"DROP {kind} ([a-z_]+)", text))


MANY = {
    "payments": """'pay_' || n, 'mer_a', 'Approved', 1050, 'EUR', 2, 1, 1050, 0, '4242', 'visa', 11, 2034,
        NULL, NULL, '{}', 'bank', NULL, n, n""",
    "jobs": """'job_' || n, 'mer_a', 'payment', 'Completed', 'pay_' || n, 'Approved', 1050, 'EUR', 2,
        NULL, NULL, 'req_1', n, n""",
    "attempts": """'ref_' || n, 'pay_' || n, 'job_' || n, 'bank', 'Answered', 1, 'code', n, n,
        NULL, 0, NULL, NULL""",
}


def _fill_with(connection: sqlite3.Connection, payments: int) -> None:
    """Write so many payments as version 4 did, each of them approved."""
    connection.execute("INSERT INTO merchants (id, name, created_at) VALUES ('mer_a', 'Shop', 1)")
    numbers = "WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
    for table, row in MANY.items():
        connection.execute(f"INSERT INTO {table} {numbers} SELECT {row} FROM numbers", [payments])


@pytest.fixture
def connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """A database of version 4 with payments, brought up to date."""
    with closing(sqlite3.connect(tmp_path / "pgw.db", isolation_level=None)) as connection:
        before = migrations.migrations()[:4]
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "migrations", lambda: before)
            migrations.migrate(connection)
        _fill(connection)
        database.prepare_writer(connection, tmp_path / "pgw.db")
        yield connection


def test_every_payment_is_kept_with_its_job_and_its_attempt(connection: sqlite3.Connection) -> None:
    for number, (status, captured, decline, job_status, failure, outcome) in enumerate(PAYMENTS):
        change = reading.change_of(connection, f"job_{number}")
        assert change is not None
        payment, job = change.payment, change.job
        assert (status, captured, decline) == (payment.status, payment.captured, payment.decline_code)
        assert (job_status, failure) == (job.status, job.failure and job.failure.code)
        assert (f"ref_{number}", outcome) == (payment.authorization_reference, change.attempt.outcome)
        assert ("payment", False, None, None) == (job.type, job.is_final, job.reason, job.void_reason)
        assert (0, 0, False, None) == (
            payment.capturing,
            payment.refunding,
            payment.is_voiding,
            payment.void_reason,
        )
        assert ("order-17", {"a": "b"}) == (payment.reference, payment.metadata)


def test_what_is_reserved_expires_a_week_after_the_banks_yes(connection: sqlite3.Connection) -> None:
    expiring = connection.execute("SELECT id, expires_at FROM payments WHERE expires_at IS NOT NULL")
    assert [("pay_1", AT + 9 + WEEK)] == expiring.fetchall()


def test_all_that_refers_to_payments_and_jobs_goes_on_doing_so(connection: sqlite3.Connection) -> None:
    assert [] == connection.execute("PRAGMA foreign_key_check").fetchall()
    assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
    assert [(1,)] == connection.execute("PRAGMA foreign_keys").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        connection.execute("DELETE FROM payments WHERE id = 'pay_2'")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        connection.execute("DELETE FROM jobs WHERE id = 'job_2'")
    for table in ("attempts", "events", "flags", "idempotency_keys", "webhook_deliveries"):
        (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [table]).fetchone()
        assert not re.search(r"REFERENCES \"?(payments|jobs)_2", sql), table


def test_what_was_written_of_jobs_is_there(connection: sqlite3.Connection) -> None:
    count = len(PAYMENTS)
    assert 2 * count == len(reading.events_after(connection, "mer_a", 0, None, 100))
    assert reading.claim(connection, "mer_a", f"{3:064}") is not None
    unresolved = reading.unresolved(connection, "", 100)
    assert [f"job_{number}" for number in range(count)] == [one.change.job.id for one in unresolved]
    counted = reading.count_unresolved(connection, 100)
    assert (3 - 1, count) == (counted.unknown, counted.flagged)
    assert {"whe_b"} == set(webhooks.first_due_at(connection, ["whe_b"], 1 << 60)), "its deliveries are due"


@pytest.mark.parametrize("kind", ["INDEX", "TRIGGER", "VIEW"])
def test_every_index_and_trigger_is_there_still(connection: sqlite3.Connection, kind: str) -> None:
    assert _declared(kind) == _names(connection, kind.lower())


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE jobs SET updated_at = 0 WHERE id = 'job_2'", "a job ends once"),
        ("UPDATE payments SET status = 'Approved' WHERE id = 'pay_6'", "a decision stands"),
        ("UPDATE payments SET captured = 0 WHERE id = 'pay_2'", "what was moved stands"),
        ("UPDATE payments SET refunded = 1051 WHERE id = 'pay_2'", "CHECK"),
    ],
)
def test_the_rules_hold_for_what_was_there(
    connection: sqlite3.Connection, statement: str, reason: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=reason):
        connection.execute(statement)


def test_what_was_authorized_before_can_be_captured(connection: sqlite3.Connection) -> None:
    (payment,) = reading.find_payments(connection, ["pay_1"])
    assert payment is not None
    assert not isinstance(payment, Exception)
    assert PaymentStatus.AUTHORIZED is payment.status
    assert isinstance(begin(payment, CaptureOrder(), NOW), Ok)


def test_a_payment_without_an_attempt_ends_the_migration_and_is_never_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(tmp_path / "pgw.db", isolation_level=None)) as connection:
        before, all_of_them = migrations.migrations()[:4], migrations.migrations
        monkeypatch.setattr(migrations, "migrations", lambda: before)
        migrations.migrate(connection)
        _fill(connection)
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM attempts WHERE job_id = 'job_2'")
        monkeypatch.setattr(migrations, "migrations", all_of_them)
        with pytest.raises(sqlite3.IntegrityError, match="NOT NULL constraint failed"):
            migrations.migrate(connection)
        connection.execute("ROLLBACK")
        assert (4, len(PAYMENTS)) == (
            migrations.version(connection),
            connection.execute("SELECT count(*) FROM payments").fetchone()[0],
        )


def test_each_payment_of_a_large_database_costs_as_much_as_one_of_a_small_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Searching all attempts for each payment's, 100,000 payments took nine minutes, and a million hours."""
    few, many = (_steps_for(payments, monkeypatch) for payments in (500, 2000))
    assert many < 6 * few, "steps of SQLite's machine"


def _steps_for(payments: int, monkeypatch: pytest.MonkeyPatch) -> int:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        with monkeypatch.context() as patch:
            before = migrations.migrations()[:4]
            patch.setattr(migrations, "migrations", lambda: before)
            migrations.migrate(connection)
        _fill_with(connection, payments)
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        connection.set_progress_handler(count, 100)
        migrations.migrate(connection)
        assert payments == connection.execute("SELECT count(*) FROM payments").fetchone()[0]
        return steps


def test_no_outcome_changes(connection: sqlite3.Connection) -> None:
    outcomes = connection.execute("SELECT outcome FROM attempts ORDER BY reference").fetchall()
    assert [(AttemptOutcome(row[-1]),) for row in PAYMENTS] == outcomes
