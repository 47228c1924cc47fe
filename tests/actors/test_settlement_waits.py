"""A payment has one writer: an operator's word waits for the step that is at work at it."""

import pytest
import trio
from trio.testing import MockClock

from pgw.actors.settlement import CannotSettle, Verdict
from pgw.bank.port import Answer, LookUp
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.result import Err, Ok
from tests.actors.fake_bank import YES, says_after
from tests.actors.knowing_bank import PENDING, KnowingBank
from tests.actors.scene import Scene, start_scene

DOUBTFUL = AttemptOutcome.DOUBTFUL


async def at_work(nursery: trio.Nursery, seconds: float, answer: Answer) -> tuple[Scene, str]:
    """Return a scene whose one payment is being looked up, which takes so long and then tells this."""
    scene = await start_scene(nursery, KnowingBank(look_up=says_after(seconds, answer)))
    change = scene.rests(DOUBTFUL)
    await trio.sleep(1.5)
    assert [1.0] == scene.bank.times_of(LookUp)
    return scene, change.job.id


async def test_what_the_step_finds_out_goes_before_the_operators_word(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene, job_id = await at_work(nursery, 10.0, YES)
    assert Err(CannotSettle.NOT_UNKNOWN) == await scene.settle(job_id, Verdict.FAILED)
    assert ("Approved", 11) == (scene.newest(job_id).payment.status, autojump_clock.current_time())


async def test_a_step_that_finds_nothing_out_is_followed_by_the_operators_word(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene, job_id = await at_work(nursery, 10.0, PENDING)
    assert isinstance(await scene.settle(job_id, Verdict.SUCCEEDED), Ok)
    assert ("Approved", 11) == (scene.newest(job_id).payment.status, autojump_clock.current_time())


async def test_an_operator_does_not_wait_for_longer_than_half_a_minute(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene, job_id = await at_work(nursery, 55.0, YES)
    assert Err(CannotSettle.BUSY) == await scene.settle(job_id, Verdict.FAILED)
    assert ("Unknown", 31.5) == (scene.newest(job_id).payment.status, autojump_clock.current_time())
    await trio.sleep(30)
    assert "Approved" == scene.newest(job_id).payment.status


@pytest.mark.parametrize("seconds", [0.2, 3.0])
async def test_two_who_settle_what_is_at_work_do_it_one_after_the_other(
    seconds: float, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene, job_id = await at_work(nursery, seconds + 0.5, PENDING)
    answers = []

    async def settle(verdict: Verdict) -> None:
        answers.append(await scene.settle(job_id, verdict))

    async with trio.open_nursery() as operators:
        operators.start_soon(settle, Verdict.SUCCEEDED)
        operators.start_soon(settle, Verdict.FAILED)
    assert [Err(CannotSettle.NOT_UNKNOWN)] == [one for one in answers if isinstance(one, Err)]
    assert pytest.approx(1.5 + seconds) == autojump_clock.current_time()
