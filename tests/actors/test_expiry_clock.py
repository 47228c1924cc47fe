"""The wall's clock is wrong: nothing is voided too early, and nothing stays reserved for ever."""

from datetime import timedelta

import pytest
import structlog
import trio
from structlog.testing import LogCapture
from trio.testing import MockClock

from pgw.actors import expiry
from pgw.domain.result import Ok
from tests.actors.expiry_scene import AUTHORIZED_FOR, DAY, HOUR, LONG_ENOUGH, SOON, ExpiryScene, until


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    monkeypatch.setattr("pgw.actors.recovery.LOOK_EVERY_SECONDS", 20.0)
    capture = LogCapture()
    monkeypatch.setattr(expiry, "_log", structlog.wrap_logger(None, processors=[capture]))
    return capture


async def test_ahead_for_less_than_an_hour_it_voids_nothing_before_its_time(
    told: LogCapture, autojump_clock: MockClock
) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
        await until(1.5 * HOUR)
        scene.clock.jump(8 * DAY)
        await trio.sleep(LONG_ENOUGH - 60)
        scene.clock.jump(-8 * DAY)
        await until(AUTHORIZED_FOR)
        assert ("Authorized", []) == (scene.status(payment_id), scene.voids)
        await until(1.5 * HOUR + 2 * LONG_ENOUGH)
    assert "Voided" == scene.status(payment_id), "an hour after the clock was set right"
    waiting = [entry for entry in told.entries if entry["event"] == "ExpiriesWaitForClock"]
    assert [payment_id] == [entry["LongestExpired"] for entry in waiting], "said once"
    assert 1.5 * HOUR + 2 * LONG_ENOUGH == autojump_clock.current_time()


async def test_a_clock_that_stays_ahead_is_believed_after_an_hour(autojump_clock: MockClock) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
        await until(1.5 * HOUR)
        scene.clock.jump(8 * DAY)
        await trio.sleep(LONG_ENOUGH)
        assert [] == scene.voids
        await trio.sleep(SOON)
    assert "Voided" == scene.status(payment_id)
    assert 1.5 * HOUR + LONG_ENOUGH + SOON == autojump_clock.current_time()


async def test_what_was_authorized_under_a_clock_that_was_ahead_expires_in_time_all_the_same(
    told: LogCapture, autojump_clock: MockClock
) -> None:
    scene = ExpiryScene()
    async with scene.life():
        scene.clock.jump(3650 * DAY)
        payment_id = await scene.authorize()
        await until(0.5 * HOUR)
        scene.clock.jump(-3650 * DAY)
        await trio.sleep(LONG_ENOUGH + SOON)
        latest = scene.clock.now() + timedelta(seconds=AUTHORIZED_FOR)
        expires_at = scene.payment(payment_id).expires_at
        assert expires_at is not None
        assert latest - timedelta(seconds=SOON) <= expires_at <= latest
        await trio.sleep(AUTHORIZED_FOR)
    assert ("Voided", 1) == (scene.status(payment_id), len(scene.voids))
    (entry,) = [entry for entry in told.entries if entry["event"] == "ExpiriesPutBack"]
    assert 1 == entry["Count"]
    assert 1.5 * HOUR + AUTHORIZED_FOR + SOON == pytest.approx(autojump_clock.current_time())


async def test_set_back_it_is_voided_once_the_clock_says_so(autojump_clock: MockClock) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
        await until(2 * HOUR)
        scene.clock.jump(-1 * HOUR)
        await until(AUTHORIZED_FOR + HOUR)
        assert [] == scene.voids
        await trio.sleep(SOON)
    assert "Voided" == scene.status(payment_id)
    assert AUTHORIZED_FOR + HOUR + SOON == autojump_clock.current_time()


async def test_a_gateway_that_starts_under_a_clock_that_is_ahead_waits_for_an_hour_and_says_so(
    told: LogCapture, autojump_clock: MockClock
) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
    scene.clock.jump(8 * DAY)
    async with scene.life() as gateway:
        await trio.sleep(LONG_ENOUGH - 60)
        assert ([], False) == (scene.voids, gateway.trusts_clock)
        assert ["ExpiriesWaitForClock"] == [entry["event"] for entry in told.entries]
        assert isinstance(await scene.operate(payment_id), Ok)
        await trio.sleep(10 * SOON)
        assert gateway.trusts_clock
    assert ("Approved", []) == (scene.status(payment_id), scene.voids)
    assert LONG_ENOUGH - 60 + 10 * SOON == pytest.approx(autojump_clock.current_time(), abs=1)


async def test_another_setting_is_for_what_is_authorized_from_then_on(autojump_clock: MockClock) -> None:
    scene = ExpiryScene()
    async with scene.life(authorized_for=6 * HOUR):
        earlier = await scene.authorize()
    async with scene.life(authorized_for=2 * HOUR):
        later = await scene.authorize()
        await until(6 * HOUR - 10)
        assert ["Authorized", "Voided"] == [scene.status(earlier), scene.status(later)]
        await trio.sleep(10 + SOON)
    assert "Voided" == scene.status(earlier)
    assert 6 * HOUR + SOON == pytest.approx(autojump_clock.current_time(), abs=0.1)
