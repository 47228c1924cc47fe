"""A wall clock that went wrong and is set right: nothing waits for longer than it was meant to."""

# ruff: noqa: ARG001 - who asks for the clock runs by it
from random import Random

import pytest
import trio
from trio.testing import MockClock

from pgw.domain.delivery import DeliveryKey, DeliveryStatus, DeliveryTry, TriedDelivery
from pgw.webhooks.port import Answered
from tests.actors.webhook_tree import DAY, OK, answers, open_webhook_scene
from tests.simulation.disk import Disk
from tests.storage.test_webhooks import an_endpoint

pytestmark = pytest.mark.usefixtures("patient_storage", "logged")
FAILS = Answered(500)
WAITS = (0.0, 300.0, 300.0)
HOURS = 3 * 3600.0


@pytest.mark.parametrize("seconds", [HOURS, 30.0, 1000 * DAY])
async def test_a_clock_that_is_set_back_delays_no_try(seconds: float, autojump_clock: MockClock) -> None:
    async with open_webhook_scene(waits=WAITS) as scene:
        scene.sender.answer = answers(FAILS, OK)
        await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await trio.sleep(100)
        scene.clock.jump(-seconds)
        await trio.sleep(300)
        assert [1, 1, 2] == scene.sender.seqs()
        assert ["Delivered", "Delivered"] == await scene.statuses()


@pytest.mark.parametrize("seconds", [HOURS, 1000 * DAY])
async def test_one_that_was_set_back_while_nothing_ran_delays_no_try(
    seconds: float, autojump_clock: MockClock
) -> None:
    disk = Disk(Random(17))
    async with open_webhook_scene(disk, send=answers(FAILS)) as scene:
        await scene.webhooks.add(an_endpoint())
        scene.clock.jump(seconds)
        await scene.pay()
        await trio.sleep(1)
    async with open_webhook_scene(disk, waits=WAITS) as scene:
        await trio.sleep(301)
        assert ["Delivered"] == await scene.statuses()


async def test_what_was_put_in_order_before_a_clock_was_set_back_is_sent(autojump_clock: MockClock) -> None:
    """The next of a payment, and one that is asked for again, are due as of when that was found."""
    disk = Disk(Random(17))
    async with open_webhook_scene(disk, run=False) as scene:
        for number in (1, 2):
            await scene.webhooks.add(an_endpoint(number))
        await scene.pay(ended=True)
        scene.clock.jump(HOURS)
        made = DeliveryTry(1, scene.clock.now(), 20, status_code=200)
        first, second = DeliveryKey(1, "whe_b"), DeliveryKey(2, "whe_c")
        await scene.storage.record_try(TriedDelivery(first, "mer_a", DeliveryStatus.DELIVERED, 0, None, made))
        await scene.webhooks.redeliver("mer_a", second)
    async with open_webhook_scene(disk) as scene:
        await trio.sleep(61)
        assert ["Delivered", "Delivered"] == await scene.statuses("whe_b")
        assert ["Delivered", "Delivered"] == await scene.statuses("whe_c")


async def test_a_try_is_not_made_at_once_again_by_a_clock_that_is_a_little_behind(
    autojump_clock: MockClock,
) -> None:
    async with open_webhook_scene(waits=WAITS) as scene:
        scene.sender.answer = answers(FAILS, OK)
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
        scene.clock.jump(-2)
        await scene.pay()
        await trio.sleep(100)
        assert [1, 2] == scene.sender.seqs()
