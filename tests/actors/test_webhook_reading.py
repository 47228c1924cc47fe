"""No more is read than is sent, and what cannot be sent now keeps nothing else waiting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import trio
from trio.testing import wait_all_tasks_blocked

from pgw.actors.webhook_endpoint import MOST_AT_A_TIME
from pgw.domain.delivery import DueDelivery
from tests.actors.webhook_tree import OK, open_webhook_scene
from tests.storage.conftest import NOW
from tests.storage.test_webhooks import an_endpoint

if TYPE_CHECKING:
    import pytest
    from trio.testing import MockClock

    from pgw.domain.webhook import WebhookEndpoint
    from pgw.storage.webhook_port import Due
    from pgw.webhooks.port import SendOutcome

PAYMENTS = 60


async def test_behind_a_backlog_no_more_is_read_after_a_try_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
    autojump_clock: MockClock,  # noqa: ARG001
) -> None:
    async def takes_its_time(_endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
        await trio.sleep(1 + due.delivery.key.seq / 1000)
        return OK

    async with open_webhook_scene(run=False) as scene, trio.open_nursery() as nursery:
        scene.sender.answer = takes_its_time
        await scene.storage.add_endpoint(an_endpoint())
        for _ in range(PAYMENTS):
            await scene.pay()
        read, storage = [], scene.storage
        due_deliveries = storage.due_deliveries

        async def counted(*values: object, **options: object) -> Due:
            due: Due = await due_deliveries(*values, **options)  # type: ignore[arg-type]
            read.append(len(due.deliveries))
            return due

        monkeypatch.setattr(storage, "due_deliveries", counted)
        nursery.start_soon(scene.webhooks.run)
        await trio.sleep(60)
        nursery.cancel_scope.cancel()
    assert PAYMENTS == len(scene.sender.sent)
    assert PAYMENTS == sum(read)


async def test_deliveries_that_are_asked_for_again_of_payments_under_way_take_up_no_room(
    autojump_clock: MockClock,  # noqa: ARG001
) -> None:
    hangs, busy = trio.Event(), MOST_AT_A_TIME - 1

    async def hangs_at_the_end(_endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
        if due.delivery.type == "job.completed":
            await hangs.wait()
        return OK

    async with open_webhook_scene() as scene:
        scene.sender.answer = hangs_at_the_end
        await scene.webhooks.add(an_endpoint())
        for _ in range(busy):
            await scene.pay(ended=True)
        await wait_all_tasks_blocked()
        for told in await scene.told():
            if told.delivery.type == "job.created":
                await scene.storage.redeliver("mer_a", told.delivery.key, NOW - timedelta(seconds=1))
        await scene.pay()  # which is due after them
        await trio.sleep(0.5)
        assert [2 * busy + 1] == scene.sender.seqs()[2 * busy :]
        hangs.set()
        await trio.sleep(1)
        assert ["Delivered"] * (2 * busy + 1) == await scene.statuses()
