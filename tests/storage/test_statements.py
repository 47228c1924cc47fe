"""Every statement is one that the machine's own SQLite takes, and none reads a whole table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pgw.domain.delivery import DeliveryKey, DeliveryStatus
from pgw.domain.job import JobEvent, JobStatus, JobType
from pgw.domain.listing import JobFilter, PaymentFilter, Place
from pgw.domain.payment import PaymentStatus
from pgw.storage import (
    database,
    expiry,
    lists,
    merchants,
    reading,
    retention,
    timeline,
    webhook_endpoints,
    webhooks,
    writing,
)
from pgw.storage.rows import change_to_rows
from pgw.storage.webhook_port import DeliveryFilter
from tests.merchants import a_merchant
from tests.storage.conftest import NOW
from tests.storage.test_webhooks import an_endpoint, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.storage.conftest import Changes

DELIVERIES = [
    ("nothing", DeliveryFilter(), None),
    ("key", DeliveryFilter(), DeliveryKey(9, "whe_b")),
    ("endpoint", DeliveryFilter(endpoint_id="whe_b"), DeliveryKey(9, "whe_b")),
    ("payment", DeliveryFilter(payment_id="pay_000001"), DeliveryKey(9, "whe_b")),
    ("status", DeliveryFilter(status=DeliveryStatus.PENDING), DeliveryKey(9, "whe_b")),
    ("all", DeliveryFilter("whe_b", "pay_000001", DeliveryStatus.GIVEN_UP), DeliveryKey(9, "whe_b")),
]
# What is asked for, and the walks by which it is found.
PAYMENT_LISTS = [
    (PaymentFilter(), ["payments_listed (merchant_id=? AND status=?"] * len(PaymentStatus)),
    (PaymentFilter(PaymentStatus.VOIDED), ["payments_listed (merchant_id=? AND status=?"]),
    (PaymentFilter(reference="order"), ["payments_of_reference (merchant_id=? AND reference=?"]),
    (PaymentFilter(PaymentStatus.VOIDED, "order"), ["payments_of_reference (merchant_id=? AND reference=?"]),
    (
        PaymentFilter(created_from=NOW, created_to=NOW),
        ["payments_listed (merchant_id=? AND status=?"] * len(PaymentStatus),
    ),
]
TYPE_AND_STATUS = "jobs_listed (merchant_id=? AND type=? AND status=?"
OF_TYPE = "operations_of_payment (payment_id=? AND type=?"
JOB_LISTS = [
    (JobFilter(), [TYPE_AND_STATUS] * len(JobType) * len(JobStatus)),
    (JobFilter(JobStatus.FAILED), [TYPE_AND_STATUS] * len(JobType)),
    (JobFilter(type=JobType.REFUND), [TYPE_AND_STATUS] * len(JobStatus)),
    (JobFilter(JobStatus.FAILED, JobType.REFUND), [TYPE_AND_STATUS]),
    (JobFilter(payment_id="pay_000001"), [OF_TYPE] * (len(JobType) - 1)),
    (JobFilter(JobStatus.FAILED, JobType.REFUND, "pay_000001"), [OF_TYPE]),
]
READS: dict[str, Callable[[sqlite3.Connection], object]] = {
    "jobs": lambda connection: reading.find_jobs(connection, ["job_000001", "job_x"]),
    "payments": lambda connection: reading.find_payments(connection, ["pay_000001", "pay_x"]),
    "events": lambda connection: reading.events_after(connection, "mer_a", 0, None, 10),
    "a job's events": lambda connection: reading.events_after(connection, "mer_a", 0, "job_000001", 10),
    "the last seq": lambda connection: reading.last_seq(connection, "mer_a"),
    "what is due": lambda connection: reading.due(connection, 10, 20, ["job_x"], 10),
    "what has expired": lambda connection: expiry.expired(connection, 10, None, 10),
    "what is unresolved": lambda connection: reading.unresolved(connection, "", 10),
    "how much is unresolved": lambda connection: reading.count_unresolved(connection, 10),
    "the books": lambda connection: reading.books(connection, "", 10),
    "a book entry": lambda connection: reading.book_entry(connection, "ref_000001"),
    "a job's change": lambda connection: reading.change_of(connection, "job_000001"),
    "the newest group": writing.newest_group,
    "endpoints": lambda connection: webhook_endpoints.of_merchant(connection, "mer_a"),
    "an endpoint": lambda connection: webhook_endpoints.find(connection, "mer_a", "whe_b"),
    "enabled endpoints": lambda connection: webhook_endpoints.enabled(connection, "", 10),
    "what endpoints wait for": lambda connection: webhooks.first_due_at(connection, ["whe_b", "whe_x"], 10),
    "a delivery": lambda connection: webhooks.delivery(connection, "mer_a", DeliveryKey(1, "whe_b")),
    **{
        f"deliveries by {by}": partial(
            webhooks.deliveries, merchant_id="mer_a", wanted=of, before=key, limit=9
        )
        for by, of, key in DELIVERIES
    },
    **{
        f"payments listed {number}": partial(
            lists.page_of_payments, merchant_id="mer_a", wanted=wanted, before=None, limit=9
        )
        for number, (wanted, _) in enumerate(PAYMENT_LISTS)
    },
    **{
        f"jobs listed {number}": partial(
            lists.page_of_jobs, merchant_id="mer_a", wanted=wanted, before=None, limit=9
        )
        for number, (wanted, _) in enumerate(JOB_LISTS)
    },
    "up to where all is forgotten": lambda connection: retention.forgotten_seq(connection, "mer_a"),
    "a timeline": lambda connection: timeline.of_payment(connection, "mer_a", "pay_000001", 0, 10),
    "the chain": lambda connection: timeline.page(connection, 0, 10),
    "merchants": lambda connection: merchants.merchants(connection, "", 10),
    "disabled merchants": merchants.disabled_merchants,
    "a key": lambda connection: merchants.find_key(connection, "key_000001"),
    "keys": lambda connection: merchants.keys(connection, None, "", 10),
    "a merchant's keys": lambda connection: merchants.keys(connection, "mer_a", "", 10),
    "keys that were not revoked": merchants.keys_not_revoked,
}
SMALL_TABLES = {"merchants", "api_keys", "newest_group", "timeline_head"}
# Those few are walked through whose outcome is unknown, and flags that nobody acknowledged.
SMALL_INDEXES = {"attempts_unknown", "flags_raised"}
# A page's own rows are few, and so is what it walked to find them.
SMALL_TABLES_OF_LISTS = {"walked", "found"}


@pytest.fixture
def connection(tmp_path: Path, changes: Changes) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "pgw.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        database.prepare_writer(connection, path)
        merchants.add_merchant(connection, a_merchant())
        webhook_endpoints.add(connection, an_endpoint(), None)
        writing.write_group(connection, 1, [change_to_rows(changes.accepted())])
        yield connection


def _statements(connection: sqlite3.Connection, read: Callable[[sqlite3.Connection], object]) -> list[str]:
    """Run a read and return the statements that it ran, with their values in them."""
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    read(connection)
    connection.set_trace_callback(None)
    return seen


def _is_of_few(step: str) -> bool:
    return "json_each" in step or step.rsplit(" INDEX ", maxsplit=1)[-1] in SMALL_INDEXES


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_read_is_one_statement_that_finds_its_rows_by_an_index(
    read: Callable[[sqlite3.Connection], object], connection: sqlite3.Connection
) -> None:
    (statement,) = _statements(connection, read)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    scans = [step.split()[1] for step in plan if step.startswith("SCAN ") and not _is_of_few(step)]
    whole = {table for table in scans if not table.startswith(("(subquery", "CONSTANT"))}
    assert whole <= SMALL_TABLES | SMALL_TABLES_OF_LISTS, plan


@pytest.mark.parametrize("before", [None, Place(NOW, "pay_000009")])
@pytest.mark.parametrize(
    ("read", "wanted", "walks"),
    [
        *((lists.page_of_payments, wanted, walks) for wanted, walks in PAYMENT_LISTS),
        *((lists.page_of_jobs, wanted, walks) for wanted, walks in JOB_LISTS),
    ],
)
def test_a_page_is_found_by_walks_along_an_index_in_its_order_each_between_its_bounds(
    connection: sqlite3.Connection, read: Any, wanted: object, walks: list[str], before: Place | None
) -> None:
    """What would be sorted is all that a merchant has; what lies outside would be walked through."""
    (statement,) = _statements(
        connection, partial(read, merchant_id="mer_a", wanted=wanted, before=before, limit=9)
    )
    plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    along = [(of, step.partition(" INDEX ")[2]) for _, of, _, step in plan if "created_at>?" in step]
    assert [f"{walk} AND created_at>? AND (created_at,id)<(?,?))" for walk in walks] == [
        walk for _, walk in along
    ], plan
    within = [step for _, of, _, step in plan if of in {walk for walk, _ in along}]
    assert [] == [step for step in within if step.startswith("USE TEMP B-TREE")], plan


def test_what_is_due_for_an_endpoint_is_found_by_the_index_of_what_is_due(
    connection: sqlite3.Connection,
) -> None:
    read = partial(webhooks.due, endpoint_id="whe_b", times=(10, 20), limit=10, but_not=[7])
    due, next_due = _statements(connection, read)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {due}")]
    walks = [step.split(" USING ")[1] for step in plan if step.startswith("SEARCH webhook_deliveries")]
    assert [
        "INDEX webhook_deliveries_due (endpoint_id=? AND due_at<?)",
        "INDEX webhook_deliveries_due_as_of (endpoint_id=? AND updated_at>?)",
    ] == walks, plan
    assert [] == [step for step in plan if step.startswith("SCAN webhook_deliveries")]
    (step,) = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {next_due}")]
    assert "USING COVERING INDEX webhook_deliveries_due (endpoint_id=? AND due_at>?)" in step


@pytest.mark.parametrize("before", [None, DeliveryKey(9, "whe_b")])
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (DeliveryFilter(endpoint_id="whe_b"), "webhook_deliveries_of_endpoint (endpoint_id=?"),
        (DeliveryFilter("whe_b", status=DeliveryStatus.DELIVERED), "webhook_deliveries_of_endpoint ("),
        (DeliveryFilter(payment_id="pay_000001"), "webhook_deliveries_of_payment (payment_id=?"),
        (DeliveryFilter("whe_b", "pay_000001", DeliveryStatus.PENDING), "webhook_deliveries_of_payment ("),
        (DeliveryFilter(status=DeliveryStatus.GIVEN_UP), "webhook_deliveries_undelivered (merchant_id=? AND"),
    ],
)
def test_some_deliveries_are_found_without_walking_through_all_of_the_merchants(
    connection: sqlite3.Connection, wanted: DeliveryFilter, index: str, before: DeliveryKey | None
) -> None:
    read = partial(webhooks.deliveries, merchant_id="mer_a", wanted=wanted, before=before, limit=9)
    (statement,) = _statements(connection, read)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    (walk,) = [step for step in plan if step.startswith("SEARCH deliveries ")]
    assert index in walk


def test_what_tries_came_to_is_written_where_it_belongs_without_a_scan(
    connection: sqlite3.Connection,
) -> None:
    (due,) = webhooks.due(connection, "whe_b", (1 << 60, 1 << 61), 9, []).deliveries
    group = [tried(due, DeliveryStatus.PENDING, 1, status_code=500)]
    statements = _statements(connection, lambda writer: webhooks.record_tries(writer, group))
    for statement in statements:
        if not statement.startswith(("BEGIN", "COMMIT", "--")):
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            assert [] == [step for step in plan if step.startswith("SCAN webhook_")], plan


def test_a_jobs_few_events_are_found_without_walking_through_the_merchants(
    connection: sqlite3.Connection,
) -> None:
    (statement,) = _statements(connection, READS["a job's events"])
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert "SEARCH events USING INDEX events_of_job (job_id=? AND seq>?)" in plan


def test_a_group_of_any_size_is_written_by_one_statement(
    connection: sqlite3.Connection, changes: Changes
) -> None:
    """Each step of a statement costs more than the rows in it, so a group must not add steps."""
    rows = [change_to_rows(changes.accepted()) for _ in range(512)]
    of_one = _statements(connection, lambda writer: writing.write_group(writer, 2, rows[:1]))
    of_many = _statements(connection, lambda writer: writing.write_group(writer, 3, rows[1:]))
    assert of_many[0].startswith("INSERT INTO change_groups")
    assert len(set(of_one)) == len(set(of_many)) == 1, "the others are the steps within its triggers"
    assert reading.last_seq(connection, "mer_a") == 513


def test_each_write_is_read_back_in_its_place(connection: sqlite3.Connection, changes: Changes) -> None:
    merchants.add_merchant(connection, a_merchant("mer_b"))
    of = ["mer_b", "mer_a", "mer_a", "mer_b", "mer_a"]
    rows = [change_to_rows(changes.accepted(merchant_id)) for merchant_id in of]
    writing.write_group(connection, 2, rows)
    assert [1, 2, 3, 2, 4] == writing.seqs_of(connection, rows)
    for row, seq in zip(rows, [1, 2, 3, 2, 4], strict=True):
        (event,) = reading.events_after(connection, row.merchant_id, seq - 1, None, 1)
        assert row.job is not None
        assert isinstance(event, JobEvent)
        assert row.job[0] == event.job.id
