"""What is due is taken up, a bounded number at a time, and each payment by one at a time."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock

from pgw.actors.settlement import Verdict
from pgw.bank.port import Answer, Call, LookUp
from pgw.domain.attempt import AttemptOutcome
from pgw.storage.port import Change
from tests.actors.fake_bank import YES, says_after
from tests.actors.knowing_bank import PENDING, REVERSED, KnowingBank
from tests.actors.memory_storage import MemoryStorage
from tests.actors.scene import start_scene

INTENDED, DOUBTFUL = AttemptOutcome.INTENDED, AttemptOutcome.DOUBTFUL
REVERSING, SETTLED = AttemptOutcome.REVERSING, AttemptOutcome.SETTLED


class BusyBank(KnowingBank):
    """Counts the calls that are under way, in all and for each reference. Each takes a while."""

    def __init__(self, seconds: float, found: Answer = YES) -> None:
        super().__init__(look_up=self._count, reverse=self._count)
        self.most = 0
        self.most_of_one = 0
        self._seconds = seconds
        self._found = found
        self._under_way: Counter[str] = Counter()

    async def _count(self, call: Call) -> Answer:
        self._under_way[call.reference] += 1
        self.most = max(self.most, self._under_way.total())
        self.most_of_one = max(self.most_of_one, self._under_way[call.reference])
        await trio.sleep(self._seconds)
        self._under_way[call.reference] -= 1
        return self._found if isinstance(call, LookUp) else REVERSED


@pytest.mark.parametrize(("payments", "at_a_time"), [(7, 1), (300, 10), (1000, 50)])
async def test_however_many_are_due_so_many_at_most_are_taken_up_and_all_in_the_end(
    payments: int,
    at_a_time: int,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.actors.fake_bank.MOST_CALLS", 10_000)
    bank = BusyBank(seconds=5.0)
    scene = await start_scene(nursery, bank, taken_up=at_a_time)
    for number in range(payments):
        scene.rests([INTENDED, DOUBTFUL, REVERSING, SETTLED][number % 4])
    await trio.sleep(payments / at_a_time * 5.0 + 10.0)
    assert not any(change.attempt.due_at for change in scene.storage.newest.values())
    assert (at_a_time, 1, payments) == (bank.most, bank.most_of_one, len(bank.asked))
    assert len(bank.asked) == len(set(bank.references))
    assert payments / at_a_time * 5.0 + 10.0 == autojump_clock.current_time()


async def test_what_an_operator_settles_meanwhile_lets_no_more_in(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    storage, bank = MemoryStorage(), BusyBank(seconds=1000.0)
    scene = await start_scene(nursery, bank, storage, taken_up=3)
    later = scene.clock.now() + timedelta(hours=1)
    for _ in range(3):
        scene.rests(DOUBTFUL)
    await trio.sleep(2)
    storage.may_write = trio.Event()
    for _ in range(2):
        unknown = scene.rests(DOUBTFUL)
        storage.newest[unknown.job.id] = evolve(unknown, attempt=evolve(unknown.attempt, due_at=later))
        nursery.start_soon(scene.settle, unknown.job.id, Verdict.DECLINED)
    for _ in range(20):
        scene.rests(DOUBTFUL)
    await trio.sleep(10)
    assert (3, 3) == (bank.most, len(bank.asked))
    storage.may_write.set()
    await trio.sleep(10)
    assert ((3, 2), 22) == ((bank.most, storage.statuses().count("Declined")), autojump_clock.current_time())


class SlowToTell(MemoryStorage):
    """Tells what was due some seconds ago."""

    async def due(
        self, now: datetime, horizon: datetime, *, limit: int, but_not: Sequence[str] = ()
    ) -> Sequence[Change]:
        due = await super().due(now, horizon, limit=limit, but_not=but_not)
        await trio.sleep(3.0)
        return due


async def test_an_answer_from_before_it_was_settled_is_not_acted_upon(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """Storage is asked, and while it reads an operator settles what it is about to say."""
    scene = await start_scene(nursery, KnowingBank(), SlowToTell())
    await trio.sleep(3.5)
    settled, other = scene.rests(DOUBTFUL), scene.rests(DOUBTFUL)
    await trio.sleep(1.0)
    await scene.settle(settled.job.id, Verdict.SUCCEEDED)
    assert 4.5 == autojump_clock.current_time(), "the answer is on its way until 7"
    await trio.sleep(60)
    assert settled.attempt.reference not in scene.bank.references
    assert other.attempt.reference in scene.bank.references
    assert "Approved" == scene.newest(settled.job.id).payment.status


@pytest.mark.parametrize("seconds", [0.0, 0.4, 2.9, 3.5, 7.0])
async def test_no_payment_is_taken_up_twice_however_slow_storage_is(
    seconds: float, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    bank = BusyBank(seconds, PENDING)
    scene = await start_scene(nursery, bank, SlowToTell())
    resting = [scene.rests(DOUBTFUL) for _ in range(8)]
    await trio.sleep(200)
    assert (1, 200) == (bank.most_of_one, autojump_clock.current_time())
    for change in resting:
        asked = [asked.at for asked in bank.asked if asked.call.reference == change.attempt.reference]
        newest = scene.newest(change.job.id)
        assert newest.attempt.inquiries <= len(asked) <= newest.attempt.inquiries + 1
        # The schedule is kept, so no step was taken on what was known before the last.
        gaps = [later - earlier for earlier, later in pairwise(asked)]
        assert all(gap >= 2**number + seconds for number, gap in enumerate(gaps))


async def test_what_is_not_due_yet_waits(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    scene = await start_scene(nursery, KnowingBank(look_up=says_after(0.0)))
    change = scene.rests(DOUBTFUL)
    at = scene.clock.now() + timedelta(seconds=100)
    scene.storage.newest[change.job.id] = evolve(change, attempt=evolve(change.attempt, due_at=at))
    await trio.sleep(99.5)
    assert [] == scene.bank.asked
    await trio.sleep(1.5)
    assert ([100.0], 101) == (scene.bank.times_of(LookUp), autojump_clock.current_time())
