"""Committed events reach the endpoints that want them, each payment's in order."""

import pytest
import trio

from pgw.domain.result import Ok
from tests.actors.webhook_tree import open_webhook_scene
from tests.storage.test_webhooks import an_endpoint

pytestmark = pytest.mark.usefixtures("autojump_clock")


async def test_a_committed_event_is_sent_and_what_became_of_it_is_written() -> None:
    async with open_webhook_scene() as scene:
        assert Ok(None) == await scene.webhooks.add(an_endpoint())
        await scene.pay(ended=True)
        await trio.sleep(1)
        assert [1, 2] == scene.sender.seqs()
        assert ["Delivered", "Delivered"] == await scene.statuses()
        assert [[(1, 200)], [(1, 200)]] == [
            [(one.number, one.status_code) for one in told.tries] for told in await scene.told()
        ]
