"""What recovery meets: bugs of one investigation, bugs of its own, and storage that is away."""

from collections.abc import Sequence
from datetime import datetime

import pytest
import trio
from trio.testing import MockClock

from pgw.actors.mailbox import ReplyAbandoned
from pgw.actors.settlement import CannotSettle, Verdict
from pgw.bank.port import LookUp, Reverse
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.result import Err, Ok
from pgw.storage.port import Change, StorageUnavailable
from tests.actors.fake_bank import YES, says_after
from tests.actors.knowing_bank import NEVER_SEEN, PENDING, KnowingBank, says
from tests.actors.memory_storage import REFUSED, MemoryStorage, Written
from tests.actors.scene import start_scene

DOUBTFUL, REVERSING = AttemptOutcome.DOUBTFUL, AttemptOutcome.REVERSING


class Troubled(MemoryStorage):
    """Meets trouble a number of times when it is asked for what is due, and for a while at every write."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble: list[Exception] = []

    async def due(
        self, now: datetime, horizon: datetime, *, limit: int, but_not: Sequence[str] = ()
    ) -> Sequence[Change]:
        if self.trouble:
            raise self.trouble.pop()
        return await super().due(now, horizon, limit=limit, but_not=but_not)


@pytest.mark.usefixtures("logged")
async def test_a_step_that_crashes_is_taken_again_from_what_is_stored(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """It crashes after the reversal, before that is on disk: it is reversed again, and looked up before."""
    storage = MemoryStorage()
    bugs = [ZeroDivisionError()]

    def crashes_once_over_the_outcome(change: Change) -> Written:
        if bugs and change.attempt.outcome is AttemptOutcome.REVERSED:
            raise bugs.pop()
        return Ok(None)

    storage.judge = crashes_once_over_the_outcome
    scene = await start_scene(nursery, KnowingBank(), storage)
    change = scene.rests(DOUBTFUL)
    await trio.sleep(10.5)
    assert "Reversing" == scene.newest(change.job.id).attempt.outcome
    await trio.sleep(20)
    assert "Failed" == scene.newest(change.job.id).payment.status
    assert [LookUp, Reverse, Reverse] == scene.bank.calls
    assert 30.5 == autojump_clock.current_time()


@pytest.mark.usefixtures("logged")
async def test_steps_that_crash_for_ever_bring_nothing_down_and_are_rare(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    storage = MemoryStorage()
    scene = await start_scene(nursery, KnowingBank(look_up=says(YES)), storage, taken_up=4)
    poisoned = {scene.rests(DOUBTFUL).job.id for _ in range(3)}
    good = [scene.rests(DOUBTFUL) for _ in range(30)]

    def crashes_over_some(change: Change) -> Written:
        if change.job.id in poisoned:
            raise ZeroDivisionError
        return Ok(None)

    storage.judge = crashes_over_some
    await trio.sleep(3600)
    assert {"Approved"} == {scene.newest(change.job.id).payment.status.value for change in good}
    assert {"Unknown"} == {scene.newest(job_id).payment.status.value for job_id in poisoned}
    # After 10, 20, 40 … 300 seconds.
    assert 30 + 3 * 17 >= len(scene.bank.asked) > 30 + 3 * 10
    storage.judge = lambda _change: Ok(None)
    await trio.sleep(301)
    assert ({"Approved"}, 3901) == (set(storage.statuses()), autojump_clock.current_time())


@pytest.mark.usefixtures("logged")
async def test_recovery_that_crashes_loses_nothing_and_takes_nothing_up_twice(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    storage = Troubled()
    scene = await start_scene(nursery, KnowingBank(look_up=says_after(5.0)), storage, taken_up=2)
    for outcome in (DOUBTFUL, DOUBTFUL, DOUBTFUL, REVERSING):
        scene.rests(outcome)
    await trio.sleep(3)
    assert 2 == len(scene.bank.asked)
    # One more than its supervisor bears, so that it ends with all that is at work.
    storage.trouble = [ZeroDivisionError() for _ in range(15)]
    await trio.sleep(60)
    assert ["Approved"] * 3 + ["Failed"] == storage.statuses()
    assert ([], 63) == (storage.trouble, autojump_clock.current_time())
    assert [LookUp] * 5 + [Reverse] == sorted(scene.bank.calls, key=str), "two look-ups were cut short"
    assert Err(CannotSettle.UNKNOWN_JOB) == await scene.settle("job_x", Verdict.FAILED)


class LateWrites(Troubled):
    """As a database does: what it began to write it writes, also where nobody waits for it any more.

    Who uses the writer after that waits for it; who asks what is due does not.
    """

    def __init__(self, nursery: trio.Nursery, seconds: float) -> None:
        super().__init__()
        self._nursery = nursery
        self._seconds = seconds
        self._writer = trio.Lock()

    async def write(self, change: Change) -> Written:
        is_written = trio.Event()
        self._nursery.start_soon(self._write_late, change, is_written)
        await is_written.wait()
        return Ok(None)

    async def _write_late(self, change: Change, is_written: trio.Event) -> None:
        async with self._writer:
            await trio.sleep(self._seconds)
            await super().write(change)
            is_written.set()

    async def let_rest(
        self, at: datetime, outcomes: Sequence[AttemptOutcome], job_ids: Sequence[str] | None = None
    ) -> int:
        async with self._writer:
            return await super().let_rest(at, outcomes, job_ids)


@pytest.mark.usefixtures("logged")
async def test_what_was_being_written_when_recovery_crashed_is_not_taken_up_as_it_was_before(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    storage = LateWrites(nursery, seconds=5.0)
    scene = await start_scene(nursery, KnowingBank(look_up=says(PENDING)), storage)
    await trio.sleep(0.5)
    change = scene.rests(DOUBTFUL)
    storage.trouble = [ZeroDivisionError() for _ in range(31)]
    with pytest.raises(ReplyAbandoned):
        await scene.settle(change.job.id, Verdict.SUCCEEDED)
    assert 1 == autojump_clock.current_time(), "its crash did not wait for the write"
    await trio.sleep(60)
    newest = scene.newest(change.job.id)
    assert ("Settled", "Approved") == (newest.attempt.outcome, newest.payment.status)
    assert ([], []) == (scene.bank.asked, storage.trouble)


async def test_storage_that_answers_no_reads_for_a_while_delays_and_loses_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    storage = Troubled()
    scene = await start_scene(nursery, KnowingBank(), storage)
    storage.trouble = [StorageUnavailable("reads fail") for _ in range(100)]
    resting = [scene.rests(DOUBTFUL) for _ in range(30)]
    await trio.sleep(99)
    assert (["Unknown"] * 30, []) == (storage.statuses(), scene.bank.asked)
    await trio.sleep(20)
    assert (["Failed"] * 30, 119) == (storage.statuses(), autojump_clock.current_time())
    assert [2 * len(resting), len(resting)] == [len(scene.bank.asked), len(set(scene.bank.references))]


async def test_storage_that_takes_no_writes_for_a_while_delays_and_loses_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(look_up=says(NEVER_SEEN)), taken_up=5)
    scene.storage.judge = lambda _change: REFUSED
    for _ in range(15):
        scene.rests(DOUBTFUL)
    await trio.sleep(100)
    assert [LookUp] * 5 == scene.bank.calls, "nothing is reversed whose intent is not on disk"
    scene.storage.judge = lambda _change: Ok(None)
    await trio.sleep(30)
    assert (["Failed"] * 15, 130) == (scene.storage.statuses(), autojump_clock.current_time())
    assert (15, 15) == (scene.bank.calls.count(LookUp), scene.bank.calls.count(Reverse))


async def test_a_crash_of_the_gateway_leaves_what_was_at_work_due(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """A second gateway on the same storage, as after a restart of the process."""
    storage, hangs = MemoryStorage(), says_after(50.0)
    async with trio.open_nursery() as first_life:
        scene = await start_scene(first_life, KnowingBank(look_up=hangs, reverse=hangs), storage)
        resting = [scene.rests(outcome) for outcome in (DOUBTFUL, REVERSING)]
        await trio.sleep(1.5)
        first_life.cancel_scope.cancel()
    assert all(change.attempt.due_at for change in storage.newest.values())
    scene = await start_scene(nursery, KnowingBank(), storage)
    await scene.gateway.recover()
    await trio.sleep(2)
    assert (["Failed"] * 2, 3.5) == (storage.statuses(), autojump_clock.current_time())
    assert {change.attempt.reference for change in resting} == set(scene.bank.references)
