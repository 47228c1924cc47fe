"""Old claims and events are forgotten, a batch at a time, whatever the clock or the storage do."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import structlog
import trio
from structlog.testing import LogCapture
from trio.testing import MockClock

from pgw.actors import housekeeping, trusted_time
from pgw.actors.housekeeping import (
    BETWEEN_BATCHES_SECONDS,
    CLAIMS_A_BATCH,
    EVENTS_A_BATCH,
    EVERY_SECONDS,
    Housekeeping,
)
from pgw.actors.trusted_time import TrustedTime
from pgw.domain.merchant import Merchant
from pgw.storage.port import StorageUnavailable
from tests.actors.fake_bank import FakeConnector
from tests.actors.memory_storage import MemoryStorage
from tests.actors.tree import ports_with, start_gateway
from tests.merchants import a_merchant

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ROUND = timedelta(seconds=EVERY_SECONDS)
LONG_ENOUGH = trusted_time.TRUSTED_AFTER_SECONDS


@pytest.fixture
def believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall's clock is believed at once."""
    monkeypatch.setattr(trusted_time, "TRUSTED_AFTER_SECONDS", 0.0)


class WallClock:
    """Goes on with Trio's, and jumps where a test says."""

    def __init__(self) -> None:
        self.jumped = timedelta(0)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=trio.current_time()) + self.jumped

    def monotonic(self) -> float:
        return trio.current_time()


class Claims(MemoryStorage):
    """Has so many old claims, and keeps when it was asked to forget how old ones."""

    def __init__(self, old: int = 0) -> None:
        super().__init__()
        self.old = old
        self.asked: list[tuple[float, datetime]] = []
        self.trouble: Callable[[], None] = lambda: None

    async def forget_claims(self, before: datetime, limit: int) -> int:
        await trio.lowlevel.checkpoint()
        self.asked.append((trio.current_time(), before))
        self.trouble()
        forgotten = min(limit, self.old)
        self.old -= forgotten
        return forgotten


async def run_for(seconds: float, storage: Claims, clock: WallClock) -> None:
    with trio.move_on_after(seconds):
        await Housekeeping(storage, TrustedTime(clock)).run()


@pytest.mark.usefixtures("believed")
async def test_what_is_older_than_a_day_is_forgotten_every_few_minutes(autojump_clock: MockClock) -> None:
    storage = Claims(old=3)
    await run_for(2.5 * EVERY_SECONDS, storage, WallClock())
    (first, before_first), (second, before_second) = storage.asked
    assert EVERY_SECONDS == first
    assert 2 * EVERY_SECONDS <= second < 2 * EVERY_SECONDS + 1
    assert (NOON + ROUND - DAY, 0) == (before_first, storage.old)
    assert 2.5 * EVERY_SECONDS == autojump_clock.current_time()
    assert timedelta(seconds=second) == before_second + DAY - NOON


@pytest.mark.usefixtures("believed")
async def test_many_are_forgotten_in_batches_with_a_pause_between_them(autojump_clock: MockClock) -> None:
    storage = Claims(old=2 * CLAIMS_A_BATCH + 1)
    await run_for(1.5 * EVERY_SECONDS, storage, WallClock())
    times = [at for at, _ in storage.asked]
    assert (3, 0) == (len(times), storage.old)
    assert times[0] < times[1] < times[2] < times[0] + 1
    assert 1.5 * EVERY_SECONDS == autojump_clock.current_time()


async def test_at_the_start_no_key_is_freed_until_the_clock_has_kept_time_for_long_enough(
    autojump_clock: MockClock,
) -> None:
    storage = Claims()
    await run_for(LONG_ENOUGH + 1.5 * EVERY_SECONDS, storage, WallClock())
    (at, before) = storage.asked[0]
    assert LONG_ENOUGH + EVERY_SECONDS <= at < LONG_ENOUGH + EVERY_SECONDS + 2
    assert timedelta(seconds=at) == before + DAY - NOON
    assert LONG_ENOUGH + 1.5 * EVERY_SECONDS == autojump_clock.current_time()


@pytest.mark.parametrize("jump", [30 * DAY, -30 * DAY])
async def test_a_wall_clock_that_jumps_frees_no_key_until_it_has_kept_time_anew(
    jump: timedelta,
    autojump_clock: MockClock,
) -> None:
    storage, clock = Claims(), WallClock()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_for, 3 * LONG_ENOUGH, storage, clock)
        await trio.sleep(1.5 * LONG_ENOUGH)
        asked = len(storage.asked)
        clock.jumped = jump
        await trio.sleep(LONG_ENOUGH)
        assert asked == len(storage.asked)
    at, before = storage.asked[asked]
    assert timedelta(seconds=at) + jump == before + DAY - NOON
    assert 3 * LONG_ENOUGH == autojump_clock.current_time()


@pytest.mark.usefixtures("believed")
async def test_storage_that_takes_no_writes_is_asked_again_at_the_next_round(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = LogCapture()
    monkeypatch.setattr(housekeeping, "_log", structlog.wrap_logger(None, processors=[logged]))
    storage = Claims(old=2)

    def fail_once() -> None:
        storage.trouble = lambda: None
        raise StorageUnavailable("disk full")

    storage.trouble = fail_once
    await run_for(2.5 * EVERY_SECONDS, storage, WallClock())
    assert (2, 0) == (len(storage.asked), storage.old)
    assert 2.5 * EVERY_SECONDS == autojump_clock.current_time()
    assert ["ClaimsNotForgotten"] == [entry["event"] for entry in logged.entries]


@pytest.mark.usefixtures("logged", "believed")
async def test_the_gateway_does_it_and_outlives_a_bug_in_it(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    storage = Claims()

    def crash() -> None:
        raise ZeroDivisionError

    storage.trouble = crash
    await start_gateway(nursery, ports_with(storage, FakeConnector()))
    await trio.sleep(3.5 * EVERY_SECONDS)
    assert 3 == len(storage.asked)
    assert 3.5 * EVERY_SECONDS == autojump_clock.current_time()


class Events(Claims):
    """Its merchants have so many old events each."""

    def __init__(self, **old: int) -> None:
        super().__init__()
        self.old_events = old
        self.forgotten: list[tuple[float, str, datetime, int]] = []

    async def merchants(self, after_id: str, limit: int) -> Sequence[Merchant]:
        await trio.lowlevel.checkpoint()
        return [a_merchant(one) for one in sorted(self.old_events) if one > after_id][:limit]

    async def forget_events(self, merchant_id: str, before: datetime, limit: int) -> int:
        await trio.lowlevel.checkpoint()
        self.trouble()
        forgotten = min(limit, self.old_events[merchant_id])
        self.old_events[merchant_id] -= forgotten
        self.forgotten.append((trio.current_time(), merchant_id, before, forgotten))
        return forgotten


@pytest.mark.usefixtures("believed")
async def test_old_events_of_all_merchants_are_forgotten_a_batch_at_a_time_with_pauses(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "MERCHANTS_A_PAGE", 2)
    storage = Events(mer_a=2 * EVENTS_A_BATCH + 1, mer_b=0, mer_c=3, mer_d=0)
    with trio.move_on_after(1.5 * EVERY_SECONDS):
        await Housekeeping(storage, TrustedTime(WallClock()), timedelta(days=7)).run()
    batches = {"mer_a": [200, 200, 1, 0], "mer_b": [0], "mer_c": [3, 0], "mer_d": [0]}
    assert [(merchant_id, count) for merchant_id, counts in batches.items() for count in counts] == [
        (merchant_id, forgotten) for _, merchant_id, _, forgotten in storage.forgotten
    ]
    times = [at for at, *_ in storage.forgotten]
    assert all(later - before >= BETWEEN_BATCHES_SECONDS for before, later in pairwise(times))
    assert {NOON + ROUND - timedelta(days=7)} == {before for _, _, before, _ in storage.forgotten}
    assert 1.5 * EVERY_SECONDS == autojump_clock.current_time()


async def test_a_wall_clock_that_jumps_ahead_forgets_no_event_before_its_time(
    autojump_clock: MockClock,
) -> None:
    storage, clock = Events(mer_a=1), WallClock()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_for, 2 * LONG_ENOUGH, storage, clock)
        await trio.sleep(0.9 * LONG_ENOUGH)
        clock.jumped = 60 * DAY
        await trio.sleep(LONG_ENOUGH)
        clock.jumped = timedelta(0)
    assert [] == storage.forgotten
    assert 2 * LONG_ENOUGH == autojump_clock.current_time()


@pytest.mark.usefixtures("believed")
async def test_events_that_storage_could_not_forget_are_forgotten_at_the_next_round(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = LogCapture()
    monkeypatch.setattr(housekeeping, "_log", structlog.wrap_logger(None, processors=[logged]))
    storage = Events(mer_a=2)
    rounds = iter([None, StorageUnavailable("disk full")])  # that of the claims is well

    def fail_once() -> None:
        if error := next(rounds, None):
            raise error

    storage.trouble = fail_once
    await run_for(2.5 * EVERY_SECONDS, storage, WallClock())
    assert [("mer_a", 2), ("mer_a", 0)] == [(one, count) for _, one, _, count in storage.forgotten]
    assert ["EventsNotForgotten"] == [entry["event"] for entry in logged.entries]
    assert 2.5 * EVERY_SECONDS == autojump_clock.current_time()


async def test_deleted_endpoints_are_looked_at_page_by_page_every_round(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, asked = Events(mer_a=1), []

    async def forget(after_id: str, limit: int) -> str | None:
        await trio.lowlevel.checkpoint()
        asked.append((after_id, limit))
        return {"": "whe_b", "whe_b": "whe_c"}.get(after_id)

    monkeypatch.setattr(storage, "forget_endpoints", forget)
    await run_for(2.5 * EVERY_SECONDS, storage, WallClock())
    assert [("", 200), ("whe_b", 200), ("whe_c", 200)] * 2 == asked
    assert 2.5 * EVERY_SECONDS == autojump_clock.current_time()
