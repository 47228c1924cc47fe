"""What has expired is found by its index, in order, and what open operations hold is not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from pgw.domain.attempt import Attempt
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobFailure
from pgw.domain.operation import CaptureOrder, OperationOrder, VoidOrder, begin
from pgw.domain.result import Ok
from pgw.storage import database, expiry
from pgw.storage.port import Change
from tests.storage.conftest import NOW

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pgw.storage.port import Storage
    from tests.storage.conftest import Changes

WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


async def authorized(
    storage: Storage, changes: Changes, expires_at: datetime, at: datetime = NOW, merchant_id: str = "mer_a"
) -> Change:
    """Write an authorization, and return it as it was written."""
    change = changes.accepted(merchant_id, capture=False)
    # As the actor has it; those of the other tests are known to the bank by another name.
    known_as = change.attempt.reference
    change = evolve(change, payment=evolve(change.payment, authorization_reference=known_as))
    assert Ok(None) == await storage.write(change)
    payment = change.payment.authorized(at, expires_at)
    attempt = evolve(changes.authorized(change).attempt, updated_at=at)
    change = Change(payment, change.job.following(payment), attempt)
    assert Ok(None) == await storage.write(change)
    return change


async def begun(storage: Storage, change: Change, order: OperationOrder) -> Change:
    """Write that an operation on it has begun."""
    match begin(change.payment, order, NOW):
        case Ok(reserved):
            job = Job.begun(f"{change.job.id}_2", reserved, order, "req_2")
        case refused:
            raise AssertionError(refused)
    attempt = Attempt.intended(f"{change.attempt.reference}_2", job.payment_id, job.id, "bank", NOW)
    operation = Change(reserved.payment, job, attempt)
    assert Ok(None) == await storage.write(operation)
    return operation


async def ids(storage: Storage, now: datetime, limit: int = 10) -> list[str]:
    return [one.payment_id for one in await storage.expired(now, limit=limit)]


async def test_what_has_expired_is_told_the_longest_expired_first_and_page_by_page(
    storage: Storage, changes: Changes
) -> None:
    order = [3, 1, 2, 2, 9]
    written = [await authorized(storage, changes, NOW + minutes * MINUTE) for minutes in order]
    await authorized(storage, changes, NOW + MINUTE, merchant_id="mer_b")
    captured = changes.accepted()
    await storage.write(captured)
    now = NOW + 3 * MINUTE
    assert [] == await storage.expired(NOW, limit=10)
    all_of_them = await storage.expired(now, limit=10)
    assert [1, 1, 2, 2, 3] == [(one.expires_at - NOW) // MINUTE for one in all_of_them]
    assert {"mer_a", "mer_b"} == {one.merchant_id for one in all_of_them[:2]}
    assert written[0].payment.id == all_of_them[-1].payment_id
    for at in range(5):
        after = all_of_them[at - 1] if at else None
        assert all_of_them[at : at + 2] == await storage.expired(now, limit=2, after=after)


@pytest.mark.parametrize("order", [CaptureOrder(1), VoidOrder()])
async def test_what_an_open_operation_holds_is_told_once_that_failed_and_never_once_it_succeeded(
    order: OperationOrder, storage: Storage, changes: Changes
) -> None:
    first = await authorized(storage, changes, NOW + MINUTE)
    second = await authorized(storage, changes, NOW + 2 * MINUTE)
    now = NOW + 3 * MINUTE
    to_fail = await begun(storage, first, order)
    to_succeed = await begun(storage, second, order)
    assert [] == await ids(storage, now)
    failed = to_fail.job.failed(to_fail.payment, JobFailure(FailureCode.CAPTURE_DECLINED, "No."), NOW)
    assert Ok(None) == await storage.write(Change(*failed, to_fail.attempt))
    succeeded = to_succeed.job.completed(to_succeed.payment, NOW)
    assert Ok(None) == await storage.write(Change(*succeeded, to_succeed.attempt))
    assert [first.payment.id] == await ids(storage, now)


async def test_only_what_was_authorized_in_times_to_come_is_put_back(
    storage: Storage, changes: Changes
) -> None:
    ahead = NOW + timedelta(days=400)
    wrong = [await authorized(storage, changes, ahead + WEEK, ahead) for _ in range(3)]
    held = await begun(storage, await authorized(storage, changes, ahead + WEEK, ahead), CaptureOrder())
    rightly = await authorized(storage, changes, NOW + 8 * WEEK)
    latest = NOW + WEEK
    assert [2, 1, 0] == [await storage.put_back_expiries(NOW, latest, limit=2) for _ in range(3)]
    assert [one.payment.id for one in wrong] == await ids(storage, latest)
    kept = [await storage.payment_to_change("mer_a", one.payment.id) for one in (*wrong, held, rightly)]
    assert [latest] * 3 + [ahead + WEEK, NOW + 8 * WEEK] == [one and one.expires_at for one in kept]
    told = [await storage.payment("mer_a", one.payment.id) for one in (*wrong, held, rightly)]
    assert kept == told, "what is kept at hand is what was put back"


def test_what_open_operations_hold_is_not_even_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        database.prepare_writer(connection, path)
        seen: list[str] = []
        connection.set_trace_callback(seen.append)
        expiry.expired(connection, 10, None, 10)
        expiry.put_back(connection, 10, 20, 10)
        connection.set_trace_callback(None)
        for statement in (seen[0], next(one for one in seen if "UPDATE" in one)):
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            assert any("SEARCH payments USING INDEX payments_expiring (" in step for step in plan), plan
            assert not any("TEMP B-TREE" in step for step in plan), plan
