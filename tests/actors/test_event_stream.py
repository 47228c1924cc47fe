from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from pgw.actors.event_stream import CAPACITY, FRAMES_A_ROUND, EventStream, SubscriberTooSlow, Subscription
from pgw.domain.event import Event
from pgw.domain.job import Job, JobEvent, JobEventType
from pgw.domain.payment import Payment
from tests.actors.orders import an_order

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def an_event(seq: int, job_id: str = "job_1", merchant: str = "mer_a") -> JobEvent:
    payment = Payment.ordered("pay_1", merchant, an_order(), "bank", NOON, reference="ref_1")
    return JobEvent(seq, JobEventType.CREATED, Job.opened(job_id, payment, "req_1"))


async def received(subscription: Subscription, count: int) -> list[int]:
    with trio.fail_after(5):
        return [(await subscription.receive()).event.seq for _ in range(count)]


async def test_events_come_in_order_to_every_subscriber_of_the_merchant_and_of_the_job() -> None:
    stream = EventStream(str)
    with stream.subscribe("mer_a") as merchants, stream.subscribe("job_1") as jobs:
        stream.publish([an_event(1, "job_1"), an_event(2, "job_2")])
        stream.publish([an_event(3, "job_1")])
        assert await received(merchants, 3) == [1, 2, 3]
        assert await received(jobs, 2) == [1, 3]


async def test_nobody_hears_of_another_merchants_jobs() -> None:
    stream = EventStream(str)
    with stream.subscribe("mer_a") as of_a, stream.subscribe("mer_b") as of_b:
        stream.publish([an_event(1, "job_1", "mer_a"), an_event(7, "job_2", "mer_b")])
        assert await received(of_a, 1) == [1]
        assert await received(of_b, 1) == [7]
        assert of_a._receive.statistics().current_buffer_used == 0


async def test_who_subscribes_later_hears_only_what_comes_later() -> None:
    stream = EventStream(str)
    stream.publish([an_event(1)])
    with stream.subscribe("mer_a") as subscription:
        stream.publish([an_event(2)])
        assert await received(subscription, 1) == [2]


async def test_a_slow_subscriber_is_dropped_once_its_buffer_is_full_and_harms_nobody() -> None:
    stream = EventStream(str)
    with stream.subscribe("mer_a") as slow, stream.subscribe("mer_a") as healthy:
        for seq in range(1, CAPACITY + 2):
            stream.publish([an_event(seq)])
            assert await received(healthy, 1) == [seq]
        stream.publish([an_event(CAPACITY + 2)])
        assert await received(healthy, 1) == [CAPACITY + 2]
        assert await received(slow, CAPACITY) == list(range(1, CAPACITY + 1))
        with trio.fail_after(5), pytest.raises(SubscriberTooSlow):
            await slow.receive()


async def test_a_slow_subscriber_of_the_merchant_leaves_that_of_the_job_alone() -> None:
    stream = EventStream(str)
    with stream.subscribe("mer_a"), stream.subscribe("job_1") as healthy:
        for seq in range(1, CAPACITY + 1):
            stream.publish([an_event(seq, "job_2")])
        stream.publish([an_event(CAPACITY + 1, "job_1")])
        assert await received(healthy, 1) == [CAPACITY + 1]


async def test_nothing_is_left_behind_of_those_who_left() -> None:
    stream = EventStream(str)
    with stream.subscribe("mer_a"):
        with stream.subscribe("mer_a"), stream.subscribe("job_1"):
            pass
        assert list(stream._subscriptions) == ["mer_a"]
        for seq in range(CAPACITY + 1):
            stream.publish([an_event(seq)])
        assert list(stream._subscriptions) == []
    assert list(stream._subscriptions) == []


async def test_an_event_is_encoded_once_for_all_its_subscribers_and_not_before_one_is_sent_it() -> None:
    encoded: list[int] = []

    def encode(event: Event) -> str:
        encoded.append(event.seq)
        return f"frame {event.seq}"

    stream = EventStream(encode)
    with ExitStack() as subscribed:
        topics = ["mer_a", "job_1"] * 100
        subscriptions = [subscribed.enter_context(stream.subscribe(topic)) for topic in topics]
        stream.publish([an_event(1), an_event(2)])
        assert [] == encoded
        for subscription in subscriptions:
            with trio.fail_after(5):
                assert ["frame 1", "frame 2"] == [(await subscription.receive()).text for _ in range(2)]
    assert [1, 2] == encoded


async def test_publishing_waits_for_nobody() -> None:
    stream = EventStream(str)
    with stream.subscribe("mer_a"):
        for seq in range(3 * CAPACITY):
            stream.publish([an_event(seq)])
    await wait_all_tasks_blocked()


async def test_of_many_that_read_the_past_a_few_go_on_in_each_round_of_the_loop_and_all_in_turn() -> None:
    stream = EventStream(str)
    gone: list[int] = []

    async def read(number: int) -> None:
        for _ in range(3):
            await stream.turn()
            gone.append(number)

    most = 0
    async with trio.open_nursery() as nursery:
        for number in range(10 * FRAMES_A_ROUND):
            nursery.start_soon(read, number)
        while len(gone) < 30 * FRAMES_A_ROUND:
            before = len(gone)
            await trio.lowlevel.checkpoint()
            most = max(most, len(gone) - before)
            counts = [gone.count(number) for number in range(10 * FRAMES_A_ROUND)]
            assert max(counts) - min(counts) <= 2
    assert most <= 2 * FRAMES_A_ROUND
