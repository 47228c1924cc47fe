"""Committed events reach the endpoints that want them, each payment's in order."""

# ruff: noqa: ARG001 - who asks for the clock runs by it
from datetime import timedelta
from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.domain.delivery import DeliveryKey, DueDelivery
from pgw.domain.result import Ok
from pgw.domain.webhook import DisabledBecause, EndpointStatus, WebhookEndpoint
from pgw.webhooks.port import Answered, NotAnswered, SendOutcome
from tests.actors.webhook_tree import DAY, OK, answers, open_webhook_scene
from tests.storage.test_webhooks import an_endpoint

pytestmark = pytest.mark.usefixtures("patient_storage")
FAILS = Answered(500)


async def test_a_committed_event_is_sent_and_what_became_of_it_is_written(autojump_clock: MockClock) -> None:
    async with open_webhook_scene() as scene:
        assert Ok(None) == await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await trio.sleep(1)
        assert [1, 2] == scene.sender.seqs()
        assert ["Delivered", "Delivered"] == await scene.statuses()
        assert [[(1, 200)], [(1, 200)]] == [
            [(one.number, one.status_code) for one in told.tries] for told in await scene.told()
        ]


async def test_other_merchants_and_other_types_are_not_told(autojump_clock: MockClock) -> None:
    async with open_webhook_scene() as scene:
        await scene.webhooks.add(an_endpoint(1, event_types=["job.completed"]))
        await scene.webhooks.add(an_endpoint(2, "mer_b"))
        await scene.pay(ended=True)
        await trio.sleep(1)
        assert [2] == scene.sender.seqs("whe_b")
        assert [] == scene.sender.seqs("whe_c")


@pytest.mark.parametrize(("jitter", "share"), [(0.0, 0.5), (0.6, 0.8), (1.0, 1.0)])
async def test_a_try_in_vain_is_made_again_after_each_wait_of_the_schedule_and_then_given_up(
    autojump_clock: MockClock, jitter: float, share: float
) -> None:
    async with open_webhook_scene(waits=(0.0, 5.0, 300.0, 1800.0), jitter=jitter) as scene:
        scene.sender.answer = answers(FAILS)
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(DAY)
        times = [sent.at for sent in scene.sender.sent]
        waits = [later - before for before, later in pairwise(times)]
        assert 4 == len(times)
        for wait, expected in zip(waits, (5.0, 300.0, 1800.0), strict=True):
            # What comes at nearly the same time is rung for together.
            assert expected * share <= wait <= expected * share + 0.2
        (told,) = await scene.told()
        assert ("GivenUp", 4, 4, None) == (
            told.delivery.status,
            told.delivery.tries,
            told.delivery.failures,
            told.delivery.due_at,
        )


@pytest.mark.parametrize(
    ("asked", "wait"), [(1.0, 5.0), (7.0, 7.0), (3600.0, 3600.0), (10 * DAY, DAY), (-5.0, 5.0)]
)
async def test_an_endpoint_is_left_alone_as_long_as_it_asks_for_but_not_for_more_than_a_day(
    autojump_clock: MockClock, asked: float, wait: float
) -> None:
    async with open_webhook_scene() as scene:
        scene.sender.answer = answers(Answered(429, retry_after=asked), OK)
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(2 * DAY)
        first, second = scene.sender.sent
        assert wait <= second.at - first.at <= wait + 0.2


@pytest.mark.parametrize(
    "outcome", [Answered(301), Answered(404), Answered(503), Answered(199), NotAnswered("it hung")]
)
async def test_whatever_is_not_a_2xx_is_a_try_in_vain(
    outcome: SendOutcome, autojump_clock: MockClock
) -> None:
    async with open_webhook_scene() as scene:
        scene.sender.answer = answers(outcome, Answered(204))
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
        assert ["Pending"] == await scene.statuses()
        await trio.sleep(5)
        assert ["Delivered"] == await scene.statuses()


async def test_the_next_of_a_payment_waits_until_the_one_before_it_is_over_and_others_do_not(
    autojump_clock: MockClock,
) -> None:
    async with open_webhook_scene() as scene:

        async def fails_over_the_first(_endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
            await trio.lowlevel.checkpoint()
            return FAILS if due.delivery.key.seq == 1 else OK

        scene.sender.answer = fails_over_the_first
        await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await scene.pay(ended=True)
        await trio.sleep(1)
        assert [1, 3, 4] == sorted(scene.sender.seqs())
        await trio.sleep(400)
        assert [1, 3, 4, 1, 1, 2] == scene.sender.seqs()
        assert ["GivenUp", "Delivered", "Delivered", "Delivered"] == await scene.statuses()


async def test_the_next_of_a_payment_is_not_sent_before_what_was_sent_is_written(
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_webhook_scene() as scene:
        written, record = trio.Event(), scene.storage.record_try

        async def record_late(tried: object) -> None:
            await written.wait()
            await record(tried)  # type: ignore[arg-type]

        monkeypatch.setattr(scene.storage, "record_try", record_late)
        await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await trio.sleep(100)
        assert [1] == scene.sender.seqs()
        written.set()
        await trio.sleep(1)
        assert [1, 2] == scene.sender.seqs()


async def test_a_redelivery_while_its_try_is_under_way_is_sent_once_more_and_not_at_the_same_time(
    autojump_clock: MockClock,
) -> None:
    async with open_webhook_scene() as scene:
        answered = trio.Event()

        async def hangs(_endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
            await answered.wait()
            return OK

        scene.sender.answer = hangs
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
        assert isinstance(await scene.webhooks.redeliver("mer_a", DeliveryKey(1, "whe_b")), Ok)
        await trio.sleep(10)
        assert [1] == scene.sender.seqs()
        answered.set()
        await trio.sleep(1)
        assert [1, 1] == scene.sender.seqs()
        (told,) = await scene.told()
        assert ("Delivered", 2) == (told.delivery.status, told.delivery.tries)


async def test_a_redelivery_waits_for_what_is_under_way_of_its_payment(autojump_clock: MockClock) -> None:
    async with open_webhook_scene() as scene:
        answered = trio.Event()

        async def hangs_over_the_second(_endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
            if due.delivery.key.seq == 2:
                await answered.wait()
            return OK

        scene.sender.answer = hangs_over_the_second
        await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await trio.sleep(1)
        assert [1, 2] == scene.sender.seqs()
        await scene.webhooks.redeliver("mer_a", DeliveryKey(1, "whe_b"))
        await trio.sleep(10)
        assert [1, 2] == scene.sender.seqs()
        answered.set()
        await trio.sleep(1)
        assert [1, 2, 1] == scene.sender.seqs()
        assert ["Delivered", "Delivered"] == await scene.statuses()


async def test_an_event_that_is_committed_while_storage_is_read_is_not_forgotten(
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was read is of before; nothing else comes that would wake the endpoint again."""
    async with open_webhook_scene() as scene:
        read, has_read, may_go_on = scene.storage.due_deliveries, trio.Event(), trio.Event()

        async def slow(*args: object, **more: object) -> object:
            due = await read(*args, **more)  # type: ignore[arg-type]
            has_read.set()
            await may_go_on.wait()
            return due

        await scene.webhooks.add(an_endpoint())
        await wait_all_tasks_blocked()
        monkeypatch.setattr(scene.storage, "due_deliveries", slow)
        await scene.webhooks.change("mer_a", "whe_b", lambda one: one)
        await has_read.wait()
        await scene.pay()
        may_go_on.set()
        await trio.sleep(1)
        assert [1] == scene.sender.seqs()


async def test_nothing_is_asked_of_storage_while_nothing_is_due(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_webhook_scene(waits=(0.0, DAY)) as scene:
        asked: list[float] = []
        read = scene.storage.due_deliveries

        async def counted(*args: object, **more: object) -> object:
            asked.append(trio.current_time())
            return await read(*args, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(scene.storage, "due_deliveries", counted)
        scene.sender.answer = answers(FAILS, OK)
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(10)
        before = len(asked)
        await trio.sleep(DAY - 20)
        assert before == len(asked)
        await trio.sleep(20)
        assert [1, 1] == scene.sender.seqs()


@pytest.mark.parametrize("seconds", [-10 * DAY, -3600.0, 3600.0, 10 * DAY])
async def test_a_wall_clock_that_jumps_holds_nothing_up(seconds: float, autojump_clock: MockClock) -> None:
    async with open_webhook_scene() as scene:
        scene.sender.answer = answers(FAILS, FAILS, OK)
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
        scene.clock.jump(seconds)
        await trio.sleep(6)
        scene.clock.jump(-seconds)
        await trio.sleep(2 * 3600)
        assert [1, 1, 1] == scene.sender.seqs()
        assert ["Delivered"] == await scene.statuses()


async def test_a_time_stored_under_a_clock_that_went_wrong_is_due(autojump_clock: MockClock) -> None:
    async with open_webhook_scene() as scene:
        scene.sender.answer = answers(FAILS, OK)
        await scene.webhooks.add(an_endpoint())
        scene.clock.jump(1000 * DAY)
        await scene.pay()
        await trio.sleep(1)
        scene.clock.jump(-1000 * DAY)
        await trio.sleep(2 * DAY)
        assert ["Delivered"] == await scene.statuses()


async def test_a_secret_and_a_url_are_those_of_the_moment_of_the_try(autojump_clock: MockClock) -> None:
    async with open_webhook_scene() as scene:
        scene.sender.answer = answers(FAILS, OK)
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
        now = scene.clock.now()
        moved = {"url": "https://moved.example/"}
        await scene.webhooks.change("mer_a", "whe_b", lambda one: one.changed(moved, now).rotated(now))
        await trio.sleep(10)
        assert ["https://shop.example/hooks/1", "https://moved.example/"] == [
            sent.url for sent in scene.sender.sent
        ]
        stored = await scene.storage.endpoint("mer_a", "whe_b")
        assert stored is not None
        assert (2, EndpointStatus.ENABLED) == (stored.secret_version, stored.status)


async def test_what_waits_of_a_disabled_endpoint_rests_and_goes_on_when_it_is_enabled_again(
    autojump_clock: MockClock,
) -> None:
    async with open_webhook_scene() as scene:
        scene.sender.answer = answers(FAILS, OK)
        await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await trio.sleep(1)
        now = scene.clock.now()
        await scene.webhooks.change("mer_a", "whe_b", lambda one: one.disabled(DisabledBecause.ASKED, now))
        await scene.pay()
        await trio.sleep(DAY)
        assert [1] == scene.sender.seqs()
        await scene.webhooks.change("mer_a", "whe_b", lambda one: one.enabled(now + timedelta(days=1)))
        await trio.sleep(1)
        assert [1, 1, 2] == scene.sender.seqs()
        await scene.pay()
        await trio.sleep(1)
        assert [1, 1, 2, 4] == scene.sender.seqs()
