from datetime import timedelta
from functools import partial

from pgw.domain.delivery import (
    DeliveryKey,
    DeliveryStatus,
    DeliveryTry,
    DueDelivery,
    TriedDelivery,
)
from pgw.domain.event import Event
from pgw.domain.result import Err, Ok
from pgw.domain.webhook import DisabledBecause, EndpointDisabled, EndpointRefusal, WebhookEndpoint
from pgw.storage import writing
from pgw.storage.port import Storage
from pgw.storage.rows import change_to_rows
from pgw.storage.sqlite import SqliteStorage
from pgw.storage.webhook_port import DeliveryFilter
from tests.storage.conftest import NOW, Changes, Database

FAR = NOW + timedelta(days=365)
LATER = NOW + timedelta(hours=1)
AFTER_ALL = LATER + timedelta(seconds=1)


def an_endpoint(number: int = 1, merchant_id: str = "mer_a", **details: object) -> WebhookEndpoint:
    url = f"https://shop.example/hooks/{number}"
    return WebhookEndpoint.added(f"whe_{'abcdefghijklmnop'[number]}", merchant_id, url, NOW, **details)  # type: ignore[arg-type]


def tried(due: DueDelivery, status: DeliveryStatus, failures: int = 0, **made: object) -> TriedDelivery:
    delivery = due.delivery
    made_try = DeliveryTry(delivery.tries + 1, LATER, 20, **{"status_code": 200, **made})  # type: ignore[arg-type]
    due_at = LATER + timedelta(seconds=5) if status is DeliveryStatus.PENDING else None
    stands = delivery.key, delivery.merchant_id, status, failures, due_at, made_try
    return TriedDelivery(*stands, redeliveries=delivery.redeliveries)


async def due_seqs(storage: Storage, endpoint: WebhookEndpoint) -> list[int]:
    due = await storage.due_deliveries(endpoint.id, AFTER_ALL, FAR, limit=100)
    return [one.delivery.key.seq for one in due.deliveries]


async def test_an_event_is_to_be_delivered_to_each_enabled_endpoint_that_wants_it(
    storage: Storage, changes: Changes
) -> None:
    wants_all, wants_ends = an_endpoint(1), an_endpoint(2, event_types=["job.completed", "job.failed"])
    others, disabled = an_endpoint(3, "mer_b"), an_endpoint(4).disabled(DisabledBecause.ASKED, NOW)
    for endpoint in (wants_all, wants_ends, others, disabled):
        assert Ok(None) == await storage.add_endpoint(endpoint)
    change = changes.accepted()
    await storage.write(change)
    await storage.write(changes.authorized(change))
    assert [1] == await due_seqs(storage, wants_all)
    assert [2] == await due_seqs(storage, wants_ends)
    assert [] == await due_seqs(storage, others)
    assert [] == await due_seqs(storage, disabled)


async def test_what_is_told_is_the_payment_as_it_was_then(storage: Storage, changes: Changes) -> None:
    endpoint = an_endpoint()
    await storage.add_endpoint(endpoint)
    change = changes.accepted()
    declined = changes.declined(change)
    assert Ok(None) == await storage.write(change)
    assert Ok(None) == await storage.write(declined)
    (first,) = (await storage.due_deliveries(endpoint.id, AFTER_ALL, FAR, limit=100)).deliveries
    assert (change.payment, 1) == (first.payment, first.event.seq)
    await storage.record_try(tried(first, DeliveryStatus.DELIVERED))
    (second,) = (await storage.due_deliveries(endpoint.id, AFTER_ALL, FAR, limit=100)).deliveries
    assert (declined.payment, 2) == (second.payment, second.event.seq)


async def test_the_next_of_a_payment_waits_for_the_one_before_it_and_others_do_not(
    storage: Storage, changes: Changes
) -> None:
    endpoint = an_endpoint()
    await storage.add_endpoint(endpoint)
    one, other = changes.accepted(), changes.accepted()
    for change in (one, changes.authorized(one), other):
        await storage.write(change)
    due = await storage.due_deliveries(endpoint.id, AFTER_ALL, FAR, limit=100)
    first, third = due.deliveries
    assert [1, 3] == [first.delivery.key.seq, third.delivery.key.seq]
    await storage.record_try(tried(first, DeliveryStatus.PENDING, 1, status_code=500))
    assert [3] == await due_seqs(storage, endpoint)
    again = await storage.due_deliveries(endpoint.id, LATER, FAR, limit=100, but_not=[3])
    assert (LATER + timedelta(seconds=5), ()) == (again.next_due_at, tuple(again.deliveries))
    await storage.record_try(tried(first, DeliveryStatus.GIVEN_UP, 1, status_code=500))
    assert [3, 2] == sorted(await due_seqs(storage, endpoint), reverse=True)


async def test_a_disabled_endpoint_is_an_event_in_the_one_order(
    database: Database, storage: Storage, changes: Changes
) -> None:
    gone, beside = an_endpoint(1), an_endpoint(2)
    for endpoint in (gone, beside):
        await storage.add_endpoint(endpoint)
    await storage.write(changes.accepted())
    gone = gone.disabled(DisabledBecause.GONE, LATER)
    assert Ok(None) == await storage.disable_endpoint(gone)
    events: list[Event] = list(await storage.events_after("mer_a", 0))
    assert [EndpointDisabled(2, gone)] == events[1:] == database.published[1:]
    assert gone == await storage.endpoint("mer_a", gone.id)
    assert [1, 2] == await due_seqs(storage, beside)
    assert [1] == await due_seqs(storage, gone)


async def test_within_one_group_too_what_is_before_the_disabling_is_to_be_delivered_and_nothing_behind_it(
    storage: Storage, changes: Changes
) -> None:
    gone, beside = an_endpoint(1), an_endpoint(2)
    for endpoint in (gone, beside):
        await storage.add_endpoint(endpoint)
    disabled = gone.disabled(DisabledBecause.GONE, LATER)
    group = [change_to_rows(one) for one in (changes.accepted(), disabled, changes.accepted())]
    assert isinstance(storage, SqliteStorage)
    await storage._writer.run(writing.write_group, 2, group)
    assert disabled == await storage.endpoint("mer_a", gone.id)
    assert [1] == await due_seqs(storage, gone)
    assert [1, 2, 3] == sorted(await due_seqs(storage, beside))


async def test_a_url_is_a_merchants_once_and_is_free_again_when_it_is_deleted(storage: Storage) -> None:
    endpoint = an_endpoint()
    await storage.add_endpoint(endpoint)
    again = WebhookEndpoint.added("whe_again", "mer_a", endpoint.url, NOW)
    assert Err(EndpointRefusal.DUPLICATE) == await storage.add_endpoint(again)
    await storage.change_endpoint("mer_a", endpoint.id, lambda one: one.deleted(LATER))
    assert None is await storage.endpoint("mer_a", endpoint.id)
    assert Ok(None) == await storage.add_endpoint(again)
    assert [again] == await storage.endpoints("mer_a")


async def test_a_delivery_is_told_with_each_try_and_can_be_sent_again(
    storage: Storage, changes: Changes
) -> None:
    endpoint = an_endpoint()
    await storage.add_endpoint(endpoint)
    await storage.write(changes.accepted())
    (due,) = (await storage.due_deliveries(endpoint.id, LATER, FAR, limit=1)).deliveries
    await storage.record_try(tried(due, DeliveryStatus.GIVEN_UP, 1, status_code=None, error="it hung"))
    (told,) = await storage.deliveries("mer_a", DeliveryFilter(status=DeliveryStatus.GIVEN_UP), None, 10)
    assert [DeliveryTry(1, LATER, 20, None, "it hung")] == list(told.tries)
    assert [] == await storage.deliveries("mer_a", DeliveryFilter(), told.delivery.key, 10)
    assert None is await storage.delivery("mer_b", told.delivery.key)
    assert LATER == (await found(storage, endpoint)).failing_since
    again = await storage.redeliver("mer_a", told.delivery.key, LATER)
    assert isinstance(again, Ok)
    assert (DeliveryStatus.PENDING, 1, 0, LATER) == (
        again.value.delivery.status,
        again.value.delivery.tries,
        again.value.delivery.failures,
        again.value.delivery.due_at,
    )
    assert told.delivery.key == DeliveryKey.of(told.delivery.key.id)


async def found(storage: Storage, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    there = await storage.endpoint(endpoint.merchant_id, endpoint.id)
    assert there is not None
    return there


async def test_a_secret_that_is_rotated_signs_beside_its_successor_for_a_while(storage: Storage) -> None:
    endpoint = an_endpoint()
    await storage.add_endpoint(endpoint)
    rotated = await storage.change_endpoint("mer_a", endpoint.id, partial(WebhookEndpoint.rotated, at=LATER))
    assert isinstance(rotated, Ok)
    assert (2, 1) == rotated.value.secret_versions(LATER)
    assert (2,) == rotated.value.secret_versions(LATER + timedelta(hours=24))
    assert rotated.value == await storage.endpoint("mer_a", endpoint.id)


async def test_old_events_are_forgotten_in_order_up_to_what_an_endpoint_waits_for(
    storage: Storage, changes: Changes
) -> None:
    for _ in range(3):
        await storage.write(changes.accepted())
    endpoint = an_endpoint()
    await storage.add_endpoint(endpoint)
    await storage.write(changes.accepted())
    assert 0 == await storage.forget_events("mer_a", NOW, 10)
    assert [2, 1, 0] == [await storage.forget_events("mer_a", LATER, 2) for _ in range(3)]
    assert (3, [4]) == (
        await storage.forgotten_seq("mer_a"),
        [event.seq for event in await storage.events_after("mer_a", 0)],
    )
    (due,) = (await storage.due_deliveries(endpoint.id, AFTER_ALL, FAR, limit=100)).deliveries
    await storage.record_try(tried(due, DeliveryStatus.DELIVERED))
    assert 1 == await storage.forget_events("mer_a", LATER, 10)
    assert [] == await storage.deliveries("mer_a", DeliveryFilter(), None, 10)
