"""Pages of payments and of jobs, as statements that an engine runs on its connection.

A page is found by walks along an index in the order of the list, each to its own limit: one for each status,
say, that may be on it. What the walks met is put into one order, and cut to what one walk would have met.
Only where no index has all that is asked for is more walked than a page has, and so much at most.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from attrs import frozen

from pgw.domain.job import Job, JobStatus, JobType
from pgw.domain.listing import JobFilter, Page, PaymentFilter, Place
from pgw.domain.payment import Payment, PaymentStatus
from pgw.domain.times import from_milliseconds, milliseconds
from pgw.storage.documents import JOB, PAYMENT
from pgw.storage.rows import from_row

MOST_WALKED = 2000
EARLIEST, LATEST = -(1 << 62), 1 << 62
Row = TypeVar("Row", Payment, Job)
# 1 is the merchant, 2 to 4 the stretch, 5 and 6 what is walked and found at most, 7 and 8 the plan's own.
_BEFORE = "(created_at, id) < (?2, ?3)"
_WALK = f"""
    SELECT * FROM (
        SELECT created_at, id FROM {{index}} WHERE {{which}} AND {_BEFORE} AND created_at >= ?4
        ORDER BY created_at DESC, id DESC LIMIT ?5)
"""
_PAGE = """
    WITH
        walked AS MATERIALIZED (
            SELECT * FROM ({walks}) ORDER BY created_at DESC, id DESC LIMIT ?5),
        found AS MATERIALIZED (
            SELECT walked.* FROM walked CROSS JOIN {table} ON {table}.id = walked.id
            WHERE {wanted} ORDER BY walked.created_at DESC, walked.id DESC LIMIT ?6)
    SELECT
        (SELECT json_group_array(json(document)) FROM (
            SELECT {document} AS document FROM found CROSS JOIN {table} ON {table}.id = found.id
            ORDER BY found.created_at DESC, found.id DESC)),
        (SELECT json_array(created_at, id) FROM walked WHERE (SELECT count(*) FROM walked) = ?5
            ORDER BY created_at, id LIMIT 1)
"""
_STATUS_LISTED = "payments INDEXED BY payments_listed", "merchant_id = ?1 AND status = '{}'"
_OF_REFERENCE = (
    "payments INDEXED BY payments_of_reference",
    "merchant_id = ?1 AND reference = ?7",
)
_TYPE_LISTED = (
    "jobs INDEXED BY jobs_listed",
    "merchant_id = ?1 AND type = '{}' AND status = '{}'",
)
# Of another merchant's payment there is nothing to walk.
_PAYMENT = "FROM payments WHERE id = ?7 AND merchant_id = ?1"
_OPERATIONS = (
    "jobs INDEXED BY operations_of_payment",
    f"payment_id = (SELECT id {_PAYMENT}) AND type <> 'payment' AND type = '{{}}'",
)
# Of the job that is the payment itself no index has the payment, but its authorization knows both.
_ITSELF = (
    "jobs",
    f"""id = (
        SELECT job_id FROM attempts WHERE reference = (SELECT authorization_reference {_PAYMENT}))""",
)


@frozen
class _Plan:
    """How a page is found: along which walks, which values, and what is left to be looked at in each row."""

    walks: Sequence[str]
    values: Sequence[str] = ()
    left: str | None = None


def page_of_payments(
    connection: sqlite3.Connection,
    merchant_id: str,
    wanted: PaymentFilter,
    before: Place | None,
    limit: int,
) -> Page[Payment]:
    if wanted.created_to is not None:
        end = Place(wanted.created_to, "")
        before = end if before is None else min(before, end)
    values = [merchant_id, *_stretch(before, wanted.created_from)]
    return _page(connection, _plan_of_payments(wanted), values, limit, Payment)


def page_of_jobs(
    connection: sqlite3.Connection, merchant_id: str, wanted: JobFilter, before: Place | None, limit: int
) -> Page[Job]:
    return _page(connection, _plan_of_jobs(wanted), [merchant_id, *_stretch(before)], limit, Job)


def _stretch(before: Place | None, created_from: datetime | None = None) -> tuple[int, str, int]:
    created_before, id_before = (
        (LATEST, "") if before is None else (milliseconds(before.created_at), before.id)
    )
    earliest = EARLIEST if created_from is None else milliseconds(created_from)
    return created_before, id_before, earliest


def _plan_of_payments(wanted: PaymentFilter) -> _Plan:
    if wanted.reference is not None:
        return _left_to_status("payments", [_walk(_OF_REFERENCE)], wanted.reference, wanted.status)
    statuses = tuple(PaymentStatus) if wanted.status is None else (wanted.status,)
    return _Plan([_walk(_STATUS_LISTED, status) for status in statuses])


def _plan_of_jobs(wanted: JobFilter) -> _Plan:
    types = tuple(JobType) if wanted.type is None else (wanted.type,)
    if wanted.payment_id is None:
        statuses = tuple(JobStatus) if wanted.status is None else (wanted.status,)
        return _Plan([_walk(_TYPE_LISTED, kind, status) for kind in types for status in statuses])
    walks = [_walk(_ITSELF if kind is JobType.PAYMENT else _OPERATIONS, kind) for kind in types]
    return _left_to_status("jobs", walks, wanted.payment_id, wanted.status)


def _left_to_status(table: str, walks: Sequence[str], whose: str, status: str | None) -> _Plan:
    if status is None:
        return _Plan(walks, [whose])
    return _Plan(walks, [whose, status], f"{table}.status = ?8")


def _walk(along: tuple[str, str], *of: str) -> str:
    """Return a walk along an index, of what is a constant of ours and so may stand in a statement."""
    index, which = along
    return _WALK.format(index=index, which=which.format(*of))


def _page(
    connection: sqlite3.Connection, plan: _Plan, values: Sequence[Any], limit: int, kind: type[Row]
) -> Page[Row]:
    table, document = ("payments", PAYMENT) if kind is Payment else ("jobs", JOB)
    statement = _PAGE.format(
        walks=" UNION ALL ".join(plan.walks), table=table, wanted=plan.left or "true", document=document
    )
    # One more than the page has tells whether there is another one.
    most = limit + 1 if plan.left is None else max(MOST_WALKED, limit + 1)
    values = [*values, most, limit + 1, *plan.values]
    found, walked_to = connection.execute(statement, values).fetchone()
    rows = [from_row(row, kind) for row in json.loads(found)]
    if len(rows) > limit:
        last = rows[limit - 1]
        return Page(rows[:limit], Place(last.created_at, last.id))
    if walked_to is None:
        return Page(rows, None)
    created_at, row_id = json.loads(walked_to)
    return Page(rows, Place(from_milliseconds(created_at), row_id))
