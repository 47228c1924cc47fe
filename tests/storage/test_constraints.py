"""The database itself refuses what must not be, whatever the code above it does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pgw.domain.delivery import DeliveryStatus
from pgw.domain.times import milliseconds
from pgw.storage import database, merchants, webhook_endpoints, webhooks, writing
from pgw.storage.rows import change_to_rows
from tests.merchants import CREATED_AT, a_key, a_merchant
from tests.storage.conftest import NOW
from tests.storage.test_webhooks import FAR, an_endpoint, tried

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.storage.conftest import Changes

PAYMENT = "UPDATE payments SET {} WHERE id = 'pay_000001'"
JOB = "UPDATE jobs SET {} WHERE id = 'job_000001'"
ATTEMPT = "UPDATE attempts SET {} WHERE job_id = 'job_000001'"
EVENT = "UPDATE events SET {} WHERE job_id = 'job_000001'"
ENDPOINT = "UPDATE webhook_endpoints SET {} WHERE id = 'whe_b'"
DELIVERY = "UPDATE webhook_deliveries SET {} WHERE seq = 1"
TRY = "UPDATE webhook_tries SET {} WHERE seq = 1"
NEW_EVENT = """INSERT INTO events
    (merchant_id, seq, type, job_id, status, payment_status, occurred_at, captured, refunded)
    VALUES ('mer_a', {}, 'job.created', {}, 'Created', 'Created', 0, 0, 0)"""

CHECKED = (
    PAYMENT.format("captured = 1051"),
    PAYMENT.format("captured = 1000, refunded = 1001"),
    PAYMENT.format("refunded = 1"),
    PAYMENT.format("capturing = -1"),
    PAYMENT.format("refunding = -1"),
    PAYMENT.format("capturing = 1051"),
    PAYMENT.format("captured = 1000, capturing = 51"),
    PAYMENT.format("captured = 1000, refunded = 600, refunding = 401"),
    PAYMENT.format("captured = 1000, capturing = 50, refunding = 1"),
    PAYMENT.format("captured = 1000, capturing = 50, refunded = 1"),
    PAYMENT.format("captured = 1, is_voiding = 1"),
    PAYMENT.format("capturing = 1, is_voiding = 1"),
    PAYMENT.format("is_voiding = 2"),
    PAYMENT.format("status = 'Voided'"),
    PAYMENT.format("void_reason = 'requested'"),
    PAYMENT.format("expires_at = 7"),
    PAYMENT.format("amount = 0"),
    PAYMENT.format("amount = 1000000000000"),
    PAYMENT.format("status = 'Lost'"),
    PAYMENT.format("status = 'Declined'"),
    PAYMENT.format("decline_code = 'lost_card'"),
    PAYMENT.format("currency = 'EURO'"),
    PAYMENT.format("capture = 2"),
    PAYMENT.format("card_last_four = '4242424242424242'"),
    PAYMENT.format("card_expiry_month = 13"),
    PAYMENT.format("metadata = '{'"),
    JOB.format("type = 'lost'"),
    JOB.format("type = 'void'"),
    JOB.format("void_reason = 'requested'"),
    JOB.format("is_final = 1"),
    JOB.format("type = 'capture', is_final = 2"),
    JOB.format("reason = 'broken'"),
    JOB.format("failure_decline_code = 'lost_card'"),
    JOB.format("status = 'Lost'"),
    JOB.format("status = 'Failed'"),
    JOB.format("failure_code = 'BankRejected', failure_detail = 'No.'"),
    JOB.format("status = 'Failed', failure_code = 'BankRejected'"),
    JOB.format("amount = 0"),
    ATTEMPT.format("outcome = 'Lost'"),
    ATTEMPT.format("tries = -1"),
    EVENT.format("seq = 0"),
    EVENT.format("type = 'job.lost'"),
    "UPDATE merchants SET last_seq = -1",
    "UPDATE api_keys SET demo = 2",
    "UPDATE api_keys SET digest = 'ap_123'",
    "UPDATE api_keys SET hint = 'pgw_sk_'",
    "UPDATE api_keys SET scopes = '[]'",
    "UPDATE api_keys SET scopes = '{'",
    "UPDATE newest_group SET id = 2",
    "UPDATE merchants SET forgotten_seq = -1",
    EVENT.format("endpoint = '{}'"),
    EVENT.format("captured = NULL"),
    EVENT.format("payment_status = NULL"),
    ENDPOINT.format("status = 'Lost'"),
    ENDPOINT.format("status = 'Disabled'"),
    ENDPOINT.format("disabled_because = 'Gone'"),
    ENDPOINT.format("event_types = '[]'"),
    ENDPOINT.format("secret_version = 0"),
    ENDPOINT.format("url = 'https://shop.example/' || printf('%2048s', '')"),
    DELIVERY.format("status = 'Lost'"),
    DELIVERY.format("status = 'Delivered'"),
    DELIVERY.format("tries = -1"),
    DELIVERY.format("failures = 2"),
    DELIVERY.format("redeliveries = -1"),
    TRY.format("number = 0"),
    TRY.format("milliseconds = -1"),
    TRY.format("error = 'it hung'"),
    TRY.format("status_code = NULL"),
    "UPDATE idempotency_keys SET job_id = 'job_000001'",
)
FOREIGN = (
    PAYMENT.format("merchant_id = 'mer_x'"),
    JOB.format("merchant_id = 'mer_x'"),
    JOB.format("payment_id = 'pay_x'"),
    ATTEMPT.format("payment_id = 'pay_x'"),
    ATTEMPT.format("job_id = 'job_x'"),
    EVENT.format("merchant_id = 'mer_x'"),
    NEW_EVENT.format(9, "'job_x'"),
    "UPDATE api_keys SET merchant_id = 'mer_x' WHERE id = 'key_000001'",
    "UPDATE api_keys SET line = 'key_x' WHERE id = 'key_000001'",
    "DELETE FROM payments WHERE id = 'pay_000001'",
    "DELETE FROM merchants",
    ENDPOINT.format("merchant_id = 'mer_x'"),
    DELIVERY.format("endpoint_id = 'whe_x'"),
    DELIVERY.format("payment_id = 'pay_x'"),
    DELIVERY.format("seq = 99"),
    TRY.format("endpoint_id = 'whe_x'"),
    "DELETE FROM webhook_endpoints",
)
UNIQUE = (
    NEW_EVENT.format(1, "'job_000001'"),
    ATTEMPT.format("job_id = 'job_000002'"),
    "UPDATE events SET type = 'job.failed' WHERE job_id = 'job_000002'",
    "INSERT INTO newest_group VALUES (1, 0)",
    ENDPOINT.format("url = 'https://shop.example/hooks/2'"),
    "UPDATE webhook_deliveries SET due_at = 0 WHERE seq = 4",
)
MISTYPED = (
    PAYMENT.format("captured = 'much'"),
    PAYMENT.format("captured = 10.5"),
    PAYMENT.format("created_at = 'now'"),
    PAYMENT.format("description = x'00'"),
)
REFUSED = (
    *((statement, "CHECK constraint failed") for statement in CHECKED),
    *((statement, "FOREIGN KEY constraint failed") for statement in FOREIGN),
    *((statement, "UNIQUE constraint failed") for statement in UNIQUE),
    *((statement, "cannot store") for statement in MISTYPED),
    ("UPDATE jobs SET updated_at = 0 WHERE id = 'job_000002'", "a job ends once"),
    ("UPDATE jobs SET status = 'Created' WHERE id = 'job_000002'", "a job ends once"),
    (
        "UPDATE payments SET status = 'Approved', decline_code = NULL WHERE id = 'pay_000002'",
        "a decision stands",
    ),
    ("UPDATE payments SET status = 'Created' WHERE id = 'pay_000003'", "a decision stands"),
    (PAYMENT.format("captured = -1"), "what was moved stands"),
    (PAYMENT.format("refunded = -1"), "what was moved stands"),
    ("INSERT INTO flags VALUES ('job_000001', 'Lost', '', 0, NULL)", "CHECK constraint failed"),
    (
        "UPDATE webhook_endpoints SET status = 'Enabled' WHERE id = 'whe_d'",
        "a deleted endpoint stays deleted",
    ),
    ("UPDATE api_keys SET revoked_at = NULL WHERE id = 'key_000002'", "a revoked key stays revoked"),
    ("UPDATE api_keys SET revoked_at = 2 WHERE id = 'key_000002'", "a revoked key stays revoked"),
    ("UPDATE api_keys SET expires_at = NULL WHERE id = 'key_000003'", "lives no longer than was said"),
    ("UPDATE api_keys SET expires_at = 2 WHERE id = 'key_000001'", "lives no longer"),
    ("UPDATE api_keys SET retires_at = NULL WHERE id = 'key_000003'", "lives no longer"),
    ("UPDATE api_keys SET retires_at = 9999999999999 WHERE id = 'key_000003'", "lives no longer"),
)


@pytest.fixture
def writer(tmp_path: Path, changes: Changes) -> Iterator[sqlite3.Connection]:
    """A connection as the gateway's own, on an open job (1), a declined one (2) and a failed one (3).

    Of two endpoints and a deleted one the first is told; one try to do so failed.
    """
    path = tmp_path / "pgw.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        database.prepare_writer(connection, path)
        merchants.add_merchant(connection, a_merchant())
        keys = [
            a_key(1),
            a_key(2, revoked_at=CREATED_AT),
            a_key(3, expires_at=CREATED_AT, retires_at=CREATED_AT),
        ]
        for key in keys:
            merchants.add_key(connection, key)
        deleted = an_endpoint(3).deleted(NOW)
        for endpoint in (an_endpoint(), an_endpoint(2, event_types=["job.failed"]), deleted):
            webhook_endpoints.add(connection, endpoint, None)
        opened = [changes.accepted() for _ in range(3)]
        ended = [changes.declined(opened[1]), changes.failed(opened[2])]
        writing.write_group(connection, 1, [change_to_rows(change) for change in (*opened, *ended)])
        (due, *_) = webhooks.due(
            connection, "whe_b", (milliseconds(NOW), milliseconds(FAR)), 9, []
        ).deliveries
        webhooks.record_tries(connection, [tried(due, DeliveryStatus.PENDING, 1, status_code=500)])
        claim = ["mer_a", "0" * 64, "0" * 64, "whe_b"]
        connection.execute("INSERT INTO idempotency_keys VALUES (?, ?, ?, NULL, '{}', 0, ?)", claim)
        yield connection


@pytest.mark.parametrize(("statement", "reason"), REFUSED)
def test_the_database_refuses(statement: str, reason: str, writer: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=reason):
        writer.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        PAYMENT.format("status = 'Declined', decline_code = 'lost_card'"),
        PAYMENT.format("status = 'Approved', captured = 1050, refunded = 1050"),
        PAYMENT.format("captured = 1000, capturing = 50"),
        PAYMENT.format("captured = 1000, refunded = 600, refunding = 400"),
        PAYMENT.format("is_voiding = 1"),
        PAYMENT.format("status = 'Voided', void_reason = 'expired'"),
        PAYMENT.format("status = 'Authorized', expires_at = 7"),
        "INSERT INTO flags VALUES ('job_000001', 'ExpiryRefused', '', 0, NULL)",
        JOB.format("status = 'Failed', failure_code = 'BankRejected', failure_detail = 'No.'"),
        "UPDATE payments SET updated_at = 0 WHERE id = 'pay_000002'",
        "UPDATE api_keys SET revoked_at = 2 WHERE id = 'key_000001'",
        "UPDATE api_keys SET retires_at = 2 WHERE id = 'key_000003'",
        "UPDATE api_keys SET retires_at = 2 WHERE id = 'key_000001'",
        "UPDATE merchants SET forgotten_seq = 1",
        ENDPOINT.format("status = 'Disabled', disabled_because = 'Gone'"),
        ENDPOINT.format("event_types = '[\"job.failed\"]'"),
        ENDPOINT.format("url = 'https://shop.example/hooks/3'"),
        DELIVERY.format("status = 'Delivered', due_at = NULL"),
        DELIVERY.format("failures = 1, redeliveries = 1"),
        TRY.format("error = 'it hung', status_code = NULL"),
    ],
)
def test_the_database_allows(statement: str, writer: sqlite3.Connection) -> None:
    """What the refusals above differ from by one value."""
    assert writer.execute(statement).rowcount == 1


def test_every_table_is_strict(writer: sqlite3.Connection) -> None:
    tables = writer.execute(
        "SELECT name, strict FROM pragma_table_list"
        " WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    expected = {"merchants", "api_keys", "payments", "jobs", "attempts", "events", "newest_group"}
    expected |= {"flags", "idempotency_keys", "webhook_endpoints", "webhook_deliveries", "webhook_tries"}
    expected |= {"timeline", "timeline_head"}
    assert dict.fromkeys(expected, 1) == dict(tables)
