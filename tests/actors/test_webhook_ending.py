"""An endpoint that is about to be disabled, while its merchant changes it, or while the gateway fails."""

# ruff: noqa: ARG001 - who asks for the clock runs by it
import pytest
import trio
from trio.testing import MockClock

from pgw.domain.delivery import DueDelivery
from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Result
from pgw.domain.webhook import DisabledBecause, WebhookEndpoint
from pgw.webhooks.port import Answered, SendOutcome
from tests.actors.webhook_tree import DAY, OK, WebhookScene, answers, open_webhook_scene
from tests.storage.test_webhooks import an_endpoint

pytestmark = pytest.mark.usefixtures("patient_storage", "logged")
GONE = Answered(410)


async def stored(scene: WebhookScene) -> WebhookEndpoint:
    found = await scene.storage.endpoint("mer_a", "whe_b")
    assert found is not None
    return found


async def test_what_is_enabled_again_while_old_tries_end_as_gone_is_sent_to(
    autojump_clock: MockClock,
) -> None:
    async with open_webhook_scene() as scene:

        async def is_gone_late(_endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
            if due.delivery.key.seq > 3 or due.delivery.tries:
                return OK
            await trio.sleep(due.delivery.key.seq * 4)
            return GONE if due.delivery.key.seq < 3 else Answered(500)

        scene.sender.answer = is_gone_late
        await scene.webhooks.add(an_endpoint())
        for _ in range(3):
            await scene.pay()
        await trio.sleep(6)
        assert DisabledBecause.GONE is (await stored(scene)).disabled_because
        await trio.sleep(4)
        now = scene.clock.now()
        await scene.webhooks.change("mer_a", "whe_b", lambda one: one.enabled(now))
        await trio.sleep(100)
        await scene.pay()
        await trio.sleep(1)
        assert (await stored(scene)).is_enabled
        assert ["Delivered"] * 4 == await scene.statuses()


async def test_a_url_that_is_gone_says_nothing_of_the_one_that_came_in_its_place(
    autojump_clock: MockClock,
) -> None:
    async with open_webhook_scene() as scene:

        async def old_one_is_gone(endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
            await trio.sleep(5)
            return OK if endpoint.url.endswith("/new") else GONE

        scene.sender.answer = old_one_is_gone
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
        now, new = scene.clock.now(), {"url": "https://shop.example/new"}
        await scene.webhooks.change("mer_a", "whe_b", lambda one: one.changed(new, now))
        await trio.sleep(60)
        assert (await stored(scene)).is_enabled
        assert ["Delivered"] == await scene.statuses()


async def test_one_that_was_not_disabled_before_a_crash_is_tried_again_and_disabled_then(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_webhook_scene(run=False, send=answers(GONE)) as scene, trio.open_nursery() as nursery:
        disable, is_full = scene.storage.disable_endpoint, True

        async def refuses(endpoint: WebhookEndpoint) -> Result[None, Refusal]:
            return Err(Refusal.STORAGE_UNAVAILABLE) if is_full else await disable(endpoint)

        monkeypatch.setattr(scene.storage, "disable_endpoint", refuses)
        with trio.move_on_after(1):
            async with trio.open_nursery() as crashing:
                crashing.start_soon(scene.webhooks.run)
                await trio.lowlevel.checkpoint()
                await scene.webhooks.add(an_endpoint())
                await scene.pay()
        assert [1] == scene.sender.seqs()
        is_full = False
        nursery.start_soon(scene.webhooks.run)
        await trio.sleep(DAY)
        assert [1, 1] == scene.sender.seqs()
        assert DisabledBecause.GONE is (await stored(scene)).disabled_because
        nursery.cancel_scope.cancel()
