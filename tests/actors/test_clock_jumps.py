"""The wall's clock jumps: what rests is neither forgotten nor asked about without end."""

import pytest
import trio
from trio.testing import MockClock

from pgw.bank.port import LookUp, Reverse
from pgw.domain.attempt import AttemptOutcome
from tests.actors.fake_bank import YES
from tests.actors.knowing_bank import DOUBT, NEVER_SEEN, PENDING, KnowingBank, says
from tests.actors.scene import LONG, start_scene

YEAR = 365 * 24 * 3600.0


@pytest.mark.parametrize("jump", [-YEAR, YEAR, 100 * YEAR, -3 * 3600.0])
async def test_look_ups_go_on_soon_after_a_jump_and_at_their_pace(
    jump: float, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(says(DOUBT), says(PENDING)))
    job = await scene.pay()
    await trio.sleep(300)
    scene.bank.forget()
    scene.clock.jump(jump)
    await trio.sleep(1800)
    first, second, third = scene.bank.times_of(LookUp)
    # One at once, since a time that far away is not believed, and the next ones as if nothing had happened.
    assert (True, 512, 1024) == (300 <= first <= 301, second - first, third - second)
    scene.bank.look_up = says(YES)
    await trio.sleep(1900)
    assert ("Approved", 4000) == (scene.newest(job.id).payment.status, autojump_clock.current_time())


async def test_a_clock_that_jumps_back_by_less_than_the_longest_wait_delays_by_as_much(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(says(DOUBT), says(PENDING, YES)))
    job = await scene.pay()
    await trio.sleep(1.5)
    scene.clock.jump(-1800.0)
    await trio.sleep(1795)
    assert "Unknown" == scene.newest(job.id).payment.status
    await trio.sleep(10)
    assert ("Approved", 1806.5) == (scene.newest(job.id).payment.status, autojump_clock.current_time())


@pytest.mark.parametrize("jump", [-YEAR, YEAR])
async def test_a_reversal_that_goes_on_for_long_outlives_a_jump(
    jump: float, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(says(DOUBT), says(NEVER_SEEN), says(DOUBT)))
    job = await scene.pay()
    await trio.sleep(100)
    scene.clock.jump(jump)
    scene.bank.forget()
    await trio.sleep(10)
    assert (1, AttemptOutcome.REVERSING) == (
        scene.bank.calls.count(Reverse),
        scene.newest(job.id).attempt.outcome,
    )
    await trio.sleep(LONG)
    assert 5 == scene.bank.calls.count(Reverse), "after 128, 256, 512, 1024 seconds more"
    assert LONG + 110 == autojump_clock.current_time()


async def test_a_clock_that_jumps_to_and_fro_asks_the_bank_no_more_than_once_a_jump(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(says(DOUBT), says(PENDING)))
    await scene.pay()
    await trio.sleep(600)
    scene.bank.forget()
    for number in range(20):
        scene.clock.jump(YEAR if number % 2 else -YEAR)
        await trio.sleep(10)
    assert 20 >= len(scene.bank.asked)
    assert 800 == autojump_clock.current_time()
