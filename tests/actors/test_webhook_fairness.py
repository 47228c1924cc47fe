"""Endpoints that hang, or have much to be told, hold up no others."""

# ruff: noqa: ARG001 - who asks for the clock runs by it
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.webhook_endpoint import MOST_AT_A_TIME
from pgw.actors.webhook_places import Places
from pgw.domain.delivery import DueDelivery
from pgw.domain.webhook import WebhookEndpoint
from pgw.webhooks.port import NotAnswered, SendOutcome
from tests.actors.webhook_tree import OK, FakeSender, open_webhook_scene
from tests.storage.test_webhooks import an_endpoint

pytestmark = pytest.mark.usefixtures("patient_storage")
HANGS_SECONDS = 15.0


def hang(sender: FakeSender, *endpoint_ids: str) -> None:
    async def send(endpoint: WebhookEndpoint, _due: DueDelivery) -> SendOutcome:
        if endpoint.id not in endpoint_ids:
            return OK
        await trio.sleep(HANGS_SECONDS)
        return NotAnswered("it hung")

    sender.answer = send


async def test_at_most_16_tries_are_under_way_for_one_endpoint_and_all_are_made(
    autojump_clock: MockClock,
) -> None:
    async with open_webhook_scene() as scene:
        hang(scene.sender, "whe_b")
        await scene.webhooks.add(an_endpoint())
        for _ in range(40):
            await scene.pay()
        await trio.sleep(3 * HANGS_SECONDS - 1)
        assert {"whe_b": MOST_AT_A_TIME} == scene.sender.most
        assert list(range(1, 41)) == sorted(set(scene.sender.seqs()))


async def test_an_endpoint_that_hangs_holds_up_no_other(autojump_clock: MockClock) -> None:
    async with open_webhook_scene(concurrency=8) as scene:
        hang(scene.sender, "whe_b")
        await scene.webhooks.add(an_endpoint(1))
        for _ in range(200):
            await scene.pay()
        await trio.sleep(1)
        await scene.webhooks.add(an_endpoint(2))
        waited = []
        for _ in range(50):
            began = trio.current_time()
            await scene.pay()
            await wait_all_tasks_blocked()
            waited.append(scene.sender.sent[-1].at - began)
            await trio.sleep(0.3)
        assert 50 == len(scene.sender.seqs("whe_c"))
        assert max(waited) < 0.1
        assert 8 >= scene.sender.most_in_all


async def test_endpoints_that_all_hang_share_what_there_is(autojump_clock: MockClock) -> None:
    async with open_webhook_scene(concurrency=12) as scene:
        others = {f"whe_{letter}" for letter in "bcd"}
        hang(scene.sender, *others)
        for number in (1, 2, 3):
            await scene.webhooks.add(an_endpoint(number))
        for _ in range(30):
            await scene.pay()
        await trio.sleep(4 * HANGS_SECONDS)
        assert others == set(scene.sender.most)
        assert max(scene.sender.most.values()) <= 6
        assert scene.sender.most_in_all <= 12
        begun = [len(scene.sender.seqs(endpoint_id)) for endpoint_id in sorted(others)]
        assert max(begun) <= 2 * min(begun), begun


async def test_a_place_that_is_waited_for_is_given_in_turn_and_to_nobody_who_left() -> None:
    places = Places(1)
    given: list[str] = []

    async def take(endpoint_id: str, task_status: trio.TaskStatus[trio.CancelScope]) -> None:
        with trio.CancelScope() as scope:
            task_status.started(scope)
            await places.take(endpoint_id)
            given.append(endpoint_id)

    await places.take("whe_a")
    async with trio.open_nursery() as nursery:
        leaves = await nursery.start(take, "whe_b")
        await wait_all_tasks_blocked()
        await nursery.start(take, "whe_c")
        await nursery.start(take, "whe_d")
        await wait_all_tasks_blocked()
        leaves.cancel()
        await wait_all_tasks_blocked()
        for last in ("whe_a", "whe_c"):
            places.give_back(last)
            await wait_all_tasks_blocked()
        assert ["whe_c", "whe_d"] == given
    places.give_back("whe_d")
    with trio.fail_after(1):
        await places.emptied()


async def test_who_is_given_a_place_while_it_leaves_gives_it_back() -> None:
    places = Places(1)
    await places.take("whe_a")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(places.take, "whe_b")
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        places.give_back("whe_a")
    with trio.fail_after(1):
        await places.take("whe_c")
    assert 1 == places.taken


async def test_who_waits_until_all_are_free_is_told_whatever_is_taken_meanwhile() -> None:
    places = Places(8)
    await places.take("whe_a")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(places.emptied)
        await wait_all_tasks_blocked()
        await places.take("whe_a")
        for _ in range(2):
            places.give_back("whe_a")
        nursery.cancel_scope.deadline = trio.current_time() + 5
    assert not nursery.cancel_scope.cancelled_caught
