"""What is measured of webhooks, and when."""

# ruff: noqa: ARG001 - who asks for the clock runs by it
import pytest
import trio
from trio.testing import MockClock

from pgw.webhooks.port import Answered, NotAnswered, SendOutcome
from tests.actors.webhook_tree import answers, open_webhook_scene
from tests.metrics.gateway import exposition_of, scraped, some_measures
from tests.metrics.told import Told
from tests.storage.test_webhooks import an_endpoint


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        *[(Answered(code), f"{code // 100}xx") for code in (200, 204, 302, 404, 500, 599)],
        *[(Answered(code), "none") for code in (100, 199, 600, 999)],
        (NotAnswered("it hung"), "none"),
    ],
)
async def test_a_try_is_counted_by_its_answer(
    outcome: SendOutcome, expected: str, autojump_clock: MockClock
) -> None:
    told = Told()
    async with open_webhook_scene(measures=told, send=answers(outcome), waits=(0.0, 3600.0)) as scene:
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(1)
    assert [("webhook", expected, 0.0)] == told.calls


async def test_what_is_given_up_and_who_is_disabled_is_counted(autojump_clock: MockClock) -> None:
    told = Told()
    send = answers(Answered(500), Answered(500), Answered(410))
    async with open_webhook_scene(measures=told, send=send, waits=(0.0, 1.0)) as scene:
        await scene.webhooks.add(an_endpoint())
        await scene.pay()
        await trio.sleep(5)
        await scene.pay()
        await trio.sleep(5)
    assert ["webhook", "webhook", "given up", "webhook", "endpoint disabled"] == [
        call[0] for call in told.calls
    ]


async def test_they_are_shown() -> None:
    measures = some_measures()
    measures.webhook_tried("2xx", 0.25)
    measures.webhook_given_up()
    measures.webhook_endpoint_disabled()
    scrape = await scraped(exposition_of(measures))
    assert (1, 0.25) == (
        scrape.value("pgw_webhook_try_duration_seconds_count", outcome="2xx"),
        scrape.value("pgw_webhook_try_duration_seconds_sum"),
    )
    assert (1, 1, 0) == (
        scrape.value("pgw_webhooks_given_up_total"),
        scrape.value("pgw_webhook_endpoints_disabled_total"),
        scrape.value("pgw_webhook_tries_under_way"),
    )
