"""Endpoints that are gone, fail for days, or are deleted; and what crashes, or is cut short."""

# ruff: noqa: ARG001 - who asks for the clock runs by it
from datetime import timedelta
from random import Random

import pytest
import structlog
import trio
from structlog.testing import LogCapture
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.domain.delivery import DeliveryKey, DueDelivery, TriedDelivery
from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok, Result
from pgw.domain.webhook import DisabledBecause, EndpointDisabled, EndpointStatus, WebhookEndpoint
from pgw.storage.port import StorageUnavailable
from pgw.webhooks.port import Answered, NotAnswered, SendOutcome
from tests.actors.webhook_tree import DAY, OK, WebhookScene, answers, open_webhook_scene
from tests.simulation.disk import Disk
from tests.storage.test_webhooks import an_endpoint

pytestmark = pytest.mark.usefixtures("patient_storage", "logged")
FAILS = Answered(500)
EVERY_HOUR = (0.0, *[3600.0] * 200)


async def stored(scene: WebhookScene, endpoint_id: str = "whe_b") -> WebhookEndpoint:
    found = await scene.storage.endpoint("mer_a", endpoint_id)
    assert found is not None
    return found


@pytest.fixture
def changes_logged(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    capture = LogCapture()
    monkeypatch.setattr("pgw.actors.endpoint_changes._log", structlog.wrap_logger(None, processors=[capture]))
    return capture


async def test_an_endpoint_that_is_gone_is_disabled_at_once_and_others_are_told_of_it(
    autojump_clock: MockClock, changes_logged: LogCapture
) -> None:
    async with open_webhook_scene() as scene:

        async def one_is_gone(endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
            await trio.lowlevel.checkpoint()
            return Answered(410) if endpoint.id == "whe_b" else OK

        scene.sender.answer = one_is_gone
        for number in (1, 2):
            await scene.webhooks.add(an_endpoint(number))
        await scene.pay(ended=True)
        await trio.sleep(DAY)
        await scene.pay()
        await trio.sleep(1)
        assert [1] == scene.sender.seqs("whe_b")
        assert [1, 2, 3, 4] == sorted(scene.sender.seqs("whe_c"))
        assert ["Pending", "Pending"] == await scene.statuses("whe_b")
        gone = await stored(scene)
        assert (EndpointStatus.DISABLED, DisabledBecause.GONE) == (gone.status, gone.disabled_because)
        events = await scene.storage.events_after("mer_a", 0)
        assert [gone.id] == [event.endpoint.id for event in events if isinstance(event, EndpointDisabled)]
        (entry,) = [one for one in changes_logged.entries if one["event"] == "WebhookEndpointDisabled"]
        assert ("shop.example", "Gone") == (entry["Host"], entry["Because"])
        assert "hooks" not in str(entry)


async def test_one_that_fails_for_days_is_disabled_and_goes_on_once_it_is_enabled_again(
    autojump_clock: MockClock,
) -> None:
    async with open_webhook_scene(waits=EVERY_HOUR) as scene:
        scene.sender.answer = answers(FAILS)
        await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await trio.sleep(5 * DAY - 3600)
        assert (await stored(scene)).is_enabled
        await trio.sleep(2 * 3600)
        assert DisabledBecause.FAILING is (await stored(scene)).disabled_because
        before = len(scene.sender.sent)
        await trio.sleep(DAY)
        assert before == len(scene.sender.sent)
        scene.sender.answer = answers(FAILS, OK)
        now = scene.clock.now()
        await scene.webhooks.change("mer_a", "whe_b", lambda one: one.enabled(now))
        await trio.sleep(2 * 3600)
        assert (await stored(scene)).is_enabled, "days of failure are counted anew"
        assert ["Delivered", "Delivered"] == await scene.statuses()


async def test_one_success_is_enough_not_to_be_disabled(autojump_clock: MockClock) -> None:
    async with open_webhook_scene(waits=EVERY_HOUR) as scene:

        async def takes_one_in_three_days(_endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
            await trio.lowlevel.checkpoint()
            return OK if due.delivery.key.seq == 2 else FAILS

        scene.sender.answer = takes_one_in_three_days
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(3 * DAY)
        await scene.pay()
        await trio.sleep(3 * DAY)
        assert (await stored(scene)).is_enabled


async def test_days_of_failure_are_counted_over_a_restart_but_not_by_a_clock_that_jumps(
    autojump_clock: MockClock,
) -> None:
    disk = Disk(Random(17))
    async with open_webhook_scene(disk, waits=EVERY_HOUR) as scene:
        scene.sender.answer = answers(FAILS)
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
        scene.clock.jump(30 * DAY)
        await trio.sleep(3 * DAY)
        assert (await stored(scene)).is_enabled
        scene.clock.jump(-30 * DAY)
    async with open_webhook_scene(disk, waits=EVERY_HOUR, days=3, send=answers(FAILS)) as scene:
        await trio.sleep(DAY)
        assert (await stored(scene)).is_enabled
        await trio.sleep(2 * DAY)
        assert DisabledBecause.FAILING is (await stored(scene)).disabled_because


async def test_a_deleted_endpoint_is_never_sent_to_again(autojump_clock: MockClock) -> None:
    async with open_webhook_scene(concurrency=1) as scene:
        answered = trio.Event()

        async def hangs(_endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
            await answered.wait()
            return FAILS

        scene.sender.answer = hangs
        for number in (1, 2):
            await scene.webhooks.add(an_endpoint(number))
        await scene.pay()
        await trio.sleep(1)
        (first,) = scene.sender.sent
        waiting = "whe_b" if first.endpoint_id == "whe_c" else "whe_c"
        now = scene.clock.now()
        # One is under way, the other's try is about to begin as soon as there is a place.
        for endpoint_id in ("whe_b", "whe_c"):
            await scene.webhooks.change("mer_a", endpoint_id, lambda one: one.deleted(now))
        answered.set()
        await trio.sleep(2 * DAY)
        await scene.pay()
        await trio.sleep(1)
        assert [] == scene.sender.seqs(waiting)
        assert 1 == len(scene.sender.sent)


async def test_a_bug_in_sending_is_a_try_in_vain_and_holds_up_nobody(
    autojump_clock: MockClock, logged: LogCapture
) -> None:
    async with open_webhook_scene() as scene:

        async def has_a_bug(_endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
            await trio.lowlevel.checkpoint()
            if due.delivery.key.seq == 1 and not due.delivery.tries:
                raise ZeroDivisionError
            return OK

        scene.sender.answer = has_a_bug
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await scene.pay()
        await trio.sleep(100)
        assert [1, 2, 1] == scene.sender.seqs()
        first, _ = await scene.told()
        assert [(1, None, "The gateway failed over it."), (2, 200, None)] == [
            (one.number, one.status_code, one.error) for one in first.tries
        ]
        assert ["ActorCrashed"] == [entry["event"] for entry in logged.entries]
        assert 0 == scene.webhooks.under_way


async def test_an_endpoint_whose_actor_crashes_again_and_again_backs_off_and_others_go_on(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, logged: LogCapture
) -> None:
    async with open_webhook_scene() as scene:
        read, is_broken = scene.storage.due_deliveries, True

        async def has_a_bug(endpoint_id: str, *args: object, **more: object) -> object:
            if endpoint_id == "whe_b" and is_broken:
                raise ZeroDivisionError
            return await read(endpoint_id, *args, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(scene.storage, "due_deliveries", has_a_bug)
        for number in (1, 2):
            await scene.webhooks.add(an_endpoint(number))
        await scene.pay()
        await trio.sleep(3600)
        assert ([], [1]) == (scene.sender.seqs("whe_b"), scene.sender.seqs("whe_c"))
        crashes = [entry for entry in logged.entries if entry.get("Actor") == "dispatch to endpoint whe_b"]
        assert 5 < len(crashes) < 50
        assert [] == [entry for entry in logged.entries if entry.get("Actor") == "webhooks"]
        is_broken = False
        await trio.sleep(1200)
        assert [1] == scene.sender.seqs("whe_b")


@pytest.mark.parametrize("seconds", [1.0, 3600.0])
async def test_storage_that_takes_no_writes_for_a_while_loses_no_try_and_sends_none_twice(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    async with open_webhook_scene() as scene:
        record, until = scene.storage.record_try, trio.current_time() + seconds

        async def refuses(tried: TriedDelivery) -> None:
            if trio.current_time() < until:
                raise StorageUnavailable("the disk is full")
            await record(tried)

        monkeypatch.setattr(scene.storage, "record_try", refuses)
        await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await trio.sleep(seconds + 10)
        assert [1, 2] == scene.sender.seqs()
        assert ["Delivered", "Delivered"] == await scene.statuses()


async def test_reads_that_fail_for_a_while_are_made_again(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(Random(17))
    async with open_webhook_scene(disk, run=False) as scene:
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
    async with open_webhook_scene(disk, run=False) as scene, trio.open_nursery() as nursery:
        left = 3
        for name in ("enabled_endpoints", "first_due_at", "due_deliveries"):
            read = getattr(scene.storage, name)

            async def fails(*args: object, _read: object = read, **more: object) -> object:
                nonlocal left
                await trio.lowlevel.checkpoint()
                if left:
                    left -= 1
                    raise StorageUnavailable("reads fail")
                return await _read(*args, **more)  # type: ignore[operator]

            monkeypatch.setattr(scene.storage, name, fails)
        nursery.start_soon(scene.webhooks.run)
        await trio.sleep(5)
        left = 2
        await scene.pay()
        await trio.sleep(5)
        assert [1, 2] == scene.sender.seqs()
        nursery.cancel_scope.cancel()


async def test_a_try_that_was_not_written_when_the_process_ended_is_made_again(
    autojump_clock: MockClock,
) -> None:
    disk = Disk(Random(17))
    async with open_webhook_scene(disk) as scene:

        async def hangs_over_the_second(_endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
            if due.delivery.key.seq == 2:
                await trio.sleep_forever()
            return OK

        scene.sender.answer = hangs_over_the_second
        await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await trio.sleep(1)
        assert [1, 2] == scene.sender.seqs()
    async with open_webhook_scene(disk) as scene:
        await trio.sleep(1)
        assert [2] == scene.sender.seqs()
        assert ["Delivered", "Delivered"] == await scene.statuses()


async def test_once_it_stops_no_try_begins_and_what_is_under_way_may_end(autojump_clock: MockClock) -> None:
    async with open_webhook_scene() as scene:

        async def takes_a_while(_endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
            await trio.sleep(5)
            return OK

        scene.sender.answer = takes_a_while
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
        scene.webhooks.begin_no_more()
        await scene.pay()
        began = trio.current_time()
        await scene.webhooks.drained()
        assert 4 <= trio.current_time() - began < 4.1
        assert ["Delivered", "Pending"] == await scene.statuses()
        await trio.sleep(10)
        assert [1] == scene.sender.seqs()


async def test_a_change_whose_caller_leaves_is_taken_over_in_memory_too(autojump_clock: MockClock) -> None:
    """Quart-Trio cancels a handler when its client disconnects."""
    async with open_webhook_scene() as scene:
        await scene.webhooks.add(an_endpoint())
        await wait_all_tasks_blocked()
        now = scene.clock.now()
        with trio.CancelScope() as scope:
            scope.cancel()
            await scene.webhooks.change("mer_a", "whe_b", lambda one: one.deleted(now))
        with trio.CancelScope() as scope:
            scope.cancel()
            await scene.webhooks.add(an_endpoint(2))
        await scene.pay()
        await trio.sleep(1)
        is_told = await scene.storage.endpoint("mer_a", "whe_c") is not None
        assert ([], [1] if is_told else []) == (scene.sender.seqs("whe_b"), scene.sender.seqs("whe_c"))
        assert is_told


@pytest.mark.parametrize("took_place", [True, False])
async def test_a_change_that_may_have_taken_place_is_read_before_anything_is_sent(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, took_place: bool
) -> None:
    async with open_webhook_scene() as scene:
        await scene.webhooks.add(an_endpoint())
        change, read, fails = scene.storage.change_endpoint, scene.storage.endpoint, 3

        async def is_unsure(*args: object) -> object:
            if took_place:
                await change(*args)  # type: ignore[arg-type]
            raise StorageUnavailable("it may have been written")

        async def fails_at_first(*args: object) -> object:
            nonlocal fails
            if fails:
                fails -= 1
                raise StorageUnavailable("reads fail")
            return await read(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(scene.storage, "change_endpoint", is_unsure)
        monkeypatch.setattr(scene.storage, "endpoint", fails_at_first)
        now = scene.clock.now()
        with pytest.raises(StorageUnavailable):
            await scene.webhooks.change("mer_a", "whe_b", lambda one: one.deleted(now))
        await scene.pay()
        await wait_all_tasks_blocked()
        assert [] == scene.sender.seqs()
        await trio.sleep(10)
        assert ([] if took_place else [1]) == scene.sender.seqs()


async def test_an_endpoint_is_disabled_however_long_storage_takes_no_writes(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, changes_logged: LogCapture
) -> None:
    async with open_webhook_scene() as scene:
        disable, until = scene.storage.disable_endpoint, trio.current_time() + 600
        record = scene.storage.record_try

        async def refuses_at_first(tried: TriedDelivery) -> None:
            if trio.current_time() < until - 400:
                raise StorageUnavailable("the disk is full")
            await record(tried)

        async def refuses(endpoint: WebhookEndpoint) -> Result[None, Refusal]:
            if trio.current_time() < until:
                return Err(Refusal.STORAGE_UNAVAILABLE)
            return await disable(endpoint)

        monkeypatch.setattr(scene.storage, "record_try", refuses_at_first)
        monkeypatch.setattr(scene.storage, "disable_endpoint", refuses)
        scene.sender.answer = answers(Answered(410))
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        for _ in range(2):
            await trio.sleep(150)
            await scene.pay()
        await trio.sleep(DAY)
        assert [1] == scene.sender.seqs()
        assert DisabledBecause.GONE is (await stored(scene)).disabled_because


async def test_what_a_merchant_disabled_is_not_disabled_again_by_a_try_under_way(
    autojump_clock: MockClock,
) -> None:
    async with open_webhook_scene() as scene:

        async def is_gone_later(_endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
            await trio.sleep(10)
            return Answered(410)

        scene.sender.answer = is_gone_later
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
        now = scene.clock.now() + timedelta(seconds=1)
        asked = DisabledBecause.ASKED
        assert isinstance(
            await scene.webhooks.change("mer_a", "whe_b", lambda one: one.disabled(asked, now)), Ok
        )
        await trio.sleep(60)
        assert asked is (await stored(scene)).disabled_because
        assert 1 == await scene.storage.last_seq("mer_a")
        told = await scene.storage.delivery("mer_a", DeliveryKey(1, "whe_b"))
        assert told is not None
        assert [410] == [one.status_code for one in told.tries]


async def test_what_was_read_before_an_endpoint_was_disabled_and_forgotten_meanwhile_is_not_sent(
    autojump_clock: MockClock,
) -> None:
    async def hang(_endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
        await trio.sleep(15)
        return NotAnswered("it hung")

    async with open_webhook_scene(send=hang, concurrency=1) as scene:
        await scene.webhooks.add(an_endpoint())
        for _ in range(3):
            await scene.pay()
        await trio.sleep(1)
        now = scene.clock.now()
        await scene.webhooks.change("mer_a", "whe_b", lambda one: one.disabled(DisabledBecause.ASKED, now))
        assert 3 == await scene.storage.forget_events("mer_a", now + timedelta(days=1), 10)
        await scene.webhooks.change("mer_a", "whe_b", lambda one: one.enabled(now))
        await trio.sleep(60)
        assert [1] == scene.sender.seqs()
        await scene.pay()
        await trio.sleep(1)
        assert [1, 4] == scene.sender.seqs()
