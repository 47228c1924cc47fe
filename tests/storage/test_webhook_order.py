"""Of each payment one delivery is due at a time, in order, whatever happens to the others meanwhile."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import trio

from pgw.domain.delivery import DeliveryKey, DeliveryStatus, DueDelivery, TriedDelivery
from pgw.domain.result import Ok
from pgw.domain.webhook import DisabledBecause, WebhookEndpoint
from pgw.storage import database, merchants, webhook_endpoints, writing
from pgw.storage.port import Storage
from pgw.storage.rows import change_to_rows
from tests.merchants import a_merchant
from tests.storage.conftest import Changes
from tests.storage.test_webhooks import (
    AFTER_ALL,
    FAR,
    LATER,
    an_endpoint,
    due_seqs,
    found,
    tried,
)

DELIVERED, PENDING, GIVEN_UP = DeliveryStatus.DELIVERED, DeliveryStatus.PENDING, DeliveryStatus.GIVEN_UP
ENDPOINT = an_endpoint()


@pytest.fixture
async def two_of_a_payment(storage: Storage, changes: Changes) -> list[DueDelivery]:
    """What is due first of one payment's two deliveries."""
    await storage.add_endpoint(ENDPOINT)
    change = changes.accepted()
    for one in (change, changes.authorized(change)):
        await storage.write(one)
    return await all_due(storage)


async def all_due(storage: Storage) -> list[DueDelivery]:
    return [*(await storage.due_deliveries(ENDPOINT.id, AFTER_ALL, FAR, limit=100)).deliveries]


async def states(storage: Storage) -> list[tuple[str, int, int, bool]]:
    """Return status, tries, failures, and whether it is to be sent at some time, of each delivery."""
    told = [await storage.delivery("mer_a", DeliveryKey(seq, ENDPOINT.id)) for seq in (1, 2)]
    there = [one.delivery for one in told if one is not None]
    return [(one.status, one.tries, one.failures, one.due_at is not None) for one in there]


async def redeliver(storage: Storage, seq: int) -> None:
    again = await storage.redeliver("mer_a", DeliveryKey(seq, ENDPOINT.id), LATER)
    assert isinstance(again, Ok)


async def test_one_that_waits_and_is_asked_for_again_makes_the_one_before_it_due(
    storage: Storage, two_of_a_payment: list[DueDelivery]
) -> None:
    (first,) = two_of_a_payment
    late = timedelta(hours=20)
    failed = tried(first, PENDING, 1, status_code=500)
    await storage.record_try(TriedDelivery(*without_due_at(failed), LATER + late, failed.made))
    assert [] == await due_seqs(storage, ENDPOINT)
    await redeliver(storage, 2)
    assert [1] == await due_seqs(storage, ENDPOINT)
    assert [(PENDING, 1, 1, True), (PENDING, 0, 0, False)] == await states(storage)


def without_due_at(one: TriedDelivery) -> tuple[DeliveryKey, str, DeliveryStatus, int]:
    return one.key, one.merchant_id, one.status, one.failures


async def test_one_that_is_over_and_asked_for_again_is_before_what_comes_after_it(
    storage: Storage, two_of_a_payment: list[DueDelivery]
) -> None:
    await storage.record_try(tried(two_of_a_payment[0], DELIVERED))
    assert [2] == await due_seqs(storage, ENDPOINT)
    await redeliver(storage, 1)
    assert [1] == await due_seqs(storage, ENDPOINT)
    (again,) = await all_due(storage)
    await storage.record_try(tried(again, DELIVERED))
    assert [2] == await due_seqs(storage, ENDPOINT)
    assert [(DELIVERED, 2, 0, False), (PENDING, 0, 0, True)] == await states(storage)


@pytest.mark.parametrize(("came_to", "failures"), [(DELIVERED, 0), (PENDING, 1), (GIVEN_UP, 1)])
async def test_a_try_that_began_before_a_redelivery_says_nothing_of_it(
    storage: Storage, two_of_a_payment: list[DueDelivery], came_to: DeliveryStatus, failures: int
) -> None:
    (first,) = two_of_a_payment
    await redeliver(storage, 1)
    code = 200 if came_to is DELIVERED else 500
    await storage.record_try(tried(first, came_to, failures, status_code=code))
    assert [(PENDING, 1, 0, True), (PENDING, 0, 0, False)] == await states(storage)
    (again,) = await all_due(storage)
    assert (1, LATER) == (again.delivery.redeliveries, again.delivery.due_at)
    told = await storage.delivery("mer_a", again.delivery.key)
    assert told is not None
    assert [code] == [one.status_code for one in told.tries]


@pytest.mark.parametrize(
    ("came_to", "expected"),
    [(DELIVERED, (DELIVERED, 1, 0, False)), (PENDING, (PENDING, 1, 1, False))],
)
async def test_a_try_that_was_under_way_while_another_was_put_before_it_counts(
    storage: Storage,
    two_of_a_payment: list[DueDelivery],
    came_to: DeliveryStatus,
    expected: tuple[str, int, int, bool],
) -> None:
    await storage.record_try(tried(two_of_a_payment[0], DELIVERED))
    (second,) = await all_due(storage)
    await redeliver(storage, 1)
    await storage.record_try(tried(second, came_to, expected[2]))
    assert [(PENDING, 1, 0, True), expected] == await states(storage)
    assert [1] == await due_seqs(storage, ENDPOINT)


async def test_a_try_written_twice_is_one(storage: Storage, two_of_a_payment: list[DueDelivery]) -> None:
    """A write that raised may have taken place, and is asked for again."""
    for _ in range(2):
        await storage.record_try(tried(two_of_a_payment[0], PENDING, 1, status_code=500))
    assert [(PENDING, 1, 1, True), (PENDING, 0, 0, False)] == await states(storage)


async def test_what_waits_for_one_that_is_forgotten_is_due(
    storage: Storage, two_of_a_payment: list[DueDelivery]
) -> None:
    """A disabled endpoint's oldest are forgotten, and then it is enabled again."""
    (first,) = two_of_a_payment
    await storage.change_endpoint("mer_a", ENDPOINT.id, disabled)
    assert 1 == await storage.forget_events("mer_a", LATER, 1)
    await storage.change_endpoint("mer_a", ENDPOINT.id, lambda one: one.enabled(LATER))
    assert [2] == await due_seqs(storage, ENDPOINT)
    await storage.record_try(tried(first, DELIVERED))
    assert [(PENDING, 0, 0, True)] == await states(storage)


def disabled(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    return endpoint.disabled(DisabledBecause.ASKED, LATER)


async def test_a_try_that_cannot_be_written_fails_its_own_waiter_alone(
    storage: Storage, changes: Changes
) -> None:
    """Half of a surrogate pair, from an endpoint that means ill."""
    await storage.add_endpoint(ENDPOINT)
    for _ in range(5):
        await storage.write(changes.accepted())
    failed = []

    async def record(due: DueDelivery) -> None:
        try:
            snippet = "\ud800" if due.delivery.key.seq == 3 else "OK"
            await storage.record_try(tried(due, DELIVERED, snippet=snippet))
        except UnicodeEncodeError:
            failed.append(due.delivery.key.seq)

    async with trio.open_nursery() as nursery:
        for due in await all_due(storage):
            nursery.start_soon(record, due)
    assert [3] == failed == await due_seqs(storage, ENDPOINT)


async def test_what_is_due_first_is_told_of_each_endpoint_that_has_something(
    storage: Storage, changes: Changes
) -> None:
    other, idle = an_endpoint(2), an_endpoint(3)
    await storage.add_endpoint(ENDPOINT)
    changed = changes.accepted()
    await storage.write(changed)
    for endpoint in (other, idle):
        await storage.add_endpoint(endpoint)
    await storage.change_endpoint("mer_a", idle.id, lambda one: one.changed({"event_types": ["x"]}, LATER))
    await storage.write(changes.accepted())
    (first, _) = await all_due(storage)
    await storage.record_try(tried(first, PENDING, 1, status_code=500))
    asked = [ENDPOINT.id, other.id, idle.id, "whe_x"]
    at = changed.job.created_at
    assert {ENDPOINT.id: at, other.id: at} == await storage.first_due_at(asked, FAR)
    (second,) = [one for one in await all_due(storage) if one.delivery.key.seq == 2]
    await storage.record_try(tried(second, DELIVERED))
    assert LATER + timedelta(seconds=5) == (await storage.first_due_at(asked, FAR))[ENDPOINT.id]


async def test_failing_is_since_the_first_failure_and_over_with_a_success(
    storage: Storage, changes: Changes
) -> None:
    await storage.add_endpoint(ENDPOINT)
    for _ in range(2):
        await storage.write(changes.accepted())
    one, other = await all_due(storage)
    for due in (one, other):
        await storage.record_try(tried(due, PENDING, 1, status_code=500))
        assert LATER == (await found(storage, ENDPOINT)).failing_since
    await storage.record_try(tried(one, DELIVERED))
    assert None is (await found(storage, ENDPOINT)).failing_since


def test_what_is_committed_together_with_the_end_of_an_endpoint_but_before_it_is_to_be_delivered(
    tmp_path: Path, changes: Changes
) -> None:
    path, gone = tmp_path / "pgw.db", ENDPOINT.disabled(DisabledBecause.GONE, LATER)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        database.prepare_writer(connection, path)
        merchants.add_merchant(connection, a_merchant())
        for endpoint in (ENDPOINT, beside := an_endpoint(2)):
            webhook_endpoints.add(connection, endpoint, None)
        before, after = map(change_to_rows, (changes.accepted(), changes.accepted()))
        writing.write_group(connection, 1, [before, change_to_rows(gone), after])
        deliveries = connection.execute("SELECT endpoint_id, seq FROM webhook_deliveries ORDER BY 1, 2")
        assert [(gone.id, 1), *((beside.id, seq) for seq in (1, 2, 3))] == deliveries.fetchall()
        assert gone == webhook_endpoints.find(connection, "mer_a", gone.id)
