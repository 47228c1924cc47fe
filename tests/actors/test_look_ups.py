"""An unknown outcome is looked up on a schedule until the bank tells, and its request is never sent again."""

from collections.abc import Sequence
from itertools import accumulate

import pytest
import trio
from trio.testing import MockClock

from pgw.bank.port import Answer, Authorize, BankFeature, Declined, LookUp
from pgw.domain.flag import FlagCode
from tests.actors.fake_bank import YES, Perform
from tests.actors.knowing_bank import (
    DOUBT,
    EVERYTHING,
    NEVER_SEEN,
    PENDING,
    REFUSED_PORT,
    UNAVAILABLE,
    KnowingBank,
    says,
)
from tests.actors.scene import LONG, start_scene

DOUBTING = says(DOUBT)
ONLY_LOOK_UP = frozenset({BankFeature.LOOK_UP})


async def test_after_doubt_the_payment_is_unknown_and_its_job_goes_on(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, says(PENDING)))
    job = await scene.pay()
    await trio.sleep(0.5)
    change = scene.newest(job.id)
    assert ("Unknown", "Created", "Doubtful") == (
        change.payment.status,
        change.job.status,
        change.attempt.outcome,
    )
    assert ([Authorize], 0.5) == (scene.bank.calls, autojump_clock.current_time())


@pytest.mark.parametrize(
    ("jitter", "waits"),
    [
        (0.0, [1, 1, *(2**power for power in range(1, 12)), 3600, 3600]),
        (1.0, [2, 2, *(2**power for power in range(2, 13)), 7200]),
    ],
)
async def test_look_ups_come_after_seconds_then_minutes_then_hours(
    jitter: float, waits: Sequence[int], nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """From half of each step to the whole of it, up to two hours."""
    scene = await start_scene(nursery, KnowingBank(DOUBTING, says(PENDING)), jitter=jitter)
    await scene.pay()
    await trio.sleep(sum(waits) + 10)
    assert list(accumulate(waits)) == scene.bank.times_of(LookUp)
    assert sum(waits) + 10 == autojump_clock.current_time()


@pytest.mark.parametrize(
    ("answers", "status", "job_status"),
    [
        ([YES], "Approved", "Completed"),
        ([Declined("lost_card")], "Declined", "Completed"),
        ([PENDING, PENDING, YES], "Approved", "Completed"),
        ([REFUSED_PORT, UNAVAILABLE, DOUBT, PENDING, Declined("x")], "Declined", "Completed"),
    ],
)
async def test_what_the_look_up_tells_is_the_outcome(
    answers: Sequence[Answer], status: str, job_status: str, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, says(*answers)))
    job = await scene.pay()
    await trio.sleep(LONG)
    change = scene.newest(job.id)
    assert (status, job_status, None) == (change.payment.status, change.job.status, change.job.failure)
    assert [Authorize] + [LookUp] * len(answers) == scene.bank.calls
    assert 1 == len(set(scene.bank.references))
    assert ([], LONG) == (scene.flags, autojump_clock.current_time())


@pytest.mark.parametrize(
    ("look_up", "features"),
    [
        pytest.param(says(PENDING), EVERYTHING, id="pending: never reversed for slowness"),
        pytest.param(says(DOUBT), EVERYTHING, id="no answer"),
        pytest.param(says(REFUSED_PORT, UNAVAILABLE), EVERYTHING, id="not even asked"),
        pytest.param(says(NEVER_SEEN), ONLY_LOOK_UP, id="never seen, and no reversal: never failed"),
    ],
)
async def test_what_the_look_up_does_not_tell_stays_unknown_and_is_flagged(
    look_up: Perform, features: frozenset[BankFeature], nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, look_up, features=features))
    job = await scene.pay()
    await trio.sleep(LONG)
    change, times = scene.newest(job.id), scene.bank.times_of(LookUp)
    assert ("Unknown", "Doubtful") == (change.payment.status, change.attempt.outcome)
    assert {Authorize, LookUp} == set(scene.bank.calls)
    assert 1 == scene.bank.calls.count(Authorize)
    assert times[-1] > LONG / 2
    # Loudly, from the tenth on.
    assert [FlagCode.STILL_UNKNOWN] * (len(times) - 9) == [flag.code for flag in scene.flags]
    assert scene.clock.now() > scene.flags[0].raised_at
    assert LONG == autojump_clock.current_time()


@pytest.mark.parametrize("features", [frozenset(), frozenset({BankFeature.REVERSE})])
async def test_where_there_is_no_look_up_it_stays_unknown_and_the_bank_is_left_alone(
    features: frozenset[BankFeature], nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, features=features))
    job = await scene.pay()
    await trio.sleep(LONG)
    change = scene.newest(job.id)
    assert ("Unknown", "Created", None) == (
        change.payment.status,
        change.job.status,
        change.attempt.due_at,
    )
    assert ([Authorize], LONG) == (scene.bank.calls, autojump_clock.current_time())


async def test_the_merchant_is_told_of_the_doubt_and_of_the_outcome_and_of_nothing_between(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, says(PENDING, PENDING, PENDING, YES)))
    await scene.pay()
    await trio.sleep(100)
    told = [change.payment.status.value for change in scene.storage.written if change.is_told]
    assert ["Created", "Unknown", "Approved"] == told
    assert (6, 100) == (len(scene.storage.written), autojump_clock.current_time())


async def test_an_unknown_payment_is_not_in_flight(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, says(PENDING)))
    for _ in range(20):
        await scene.pay()
        await trio.sleep(1)
        assert 0 == scene.gateway.in_flight
    await scene.gateway.drained()
    assert (["Unknown"] * 20, 20) == (scene.storage.statuses(), autojump_clock.current_time())
