"""The wall's clock is believed once it has gone along with the monotonic one for long enough."""

from datetime import timedelta

import pytest
import structlog
import trio
from structlog.testing import LogCapture
from trio.testing import MockClock

from pgw.actors import trusted_time
from pgw.actors.trusted_time import JUMP_SECONDS, TRUSTED_AFTER_SECONDS, TrustedTime
from tests.simulation.seeded_ports import BEGINNING, SimulatedClock

DAY = 86_400.0


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    capture = LogCapture()
    monkeypatch.setattr(trusted_time, "_log", structlog.wrap_logger(None, processors=[capture]))
    return capture


async def first_believed_after(time: TrustedTime, every: float = 10.0) -> float:
    """Ask every so many seconds, and return after how many it is first believed."""
    began = trio.current_time()
    while time.now() is None:  # noqa: ASYNC110 - nobody tells
        await trio.sleep(every)
    return trio.current_time() - began


async def test_it_is_believed_an_hour_after_it_was_first_asked_for(
    told: LogCapture, autojump_clock: MockClock
) -> None:
    time = TrustedTime(SimulatedClock())
    await trio.sleep(100)
    assert TRUSTED_AFTER_SECONDS == time.seconds_left
    assert TRUSTED_AFTER_SECONDS == await first_believed_after(time)
    assert (0, BEGINNING + timedelta(seconds=3700)) == (time.seconds_left, time.now())
    assert ([], 3700) == (told.entries, autojump_clock.current_time())


@pytest.mark.parametrize("jump", [JUMP_SECONDS + 0.1, -JUMP_SECONDS - 0.1, 8 * DAY, -8 * DAY])
@pytest.mark.parametrize("at", [1000.0, 10_000.0])
async def test_a_jump_is_told_and_from_then_on_it_takes_an_hour_again(
    jump: float, at: float, told: LogCapture, autojump_clock: MockClock
) -> None:
    clock = SimulatedClock()
    time = TrustedTime(clock)
    time.now()
    await trio.sleep(at)
    clock.jump(jump)
    assert TRUSTED_AFTER_SECONDS == await first_believed_after(time)
    (entry,) = told.entries
    assert ("WallClockJumped", "error", jump) == (entry["event"], entry["log_level"], entry["Seconds"])
    assert at + TRUSTED_AFTER_SECONDS == autojump_clock.current_time()


async def test_a_jump_to_and_fro_is_two_and_the_hour_begins_with_the_second(
    told: LogCapture, autojump_clock: MockClock
) -> None:
    clock = SimulatedClock()
    time = TrustedTime(clock)
    time.now()
    for jump in (8 * DAY, -8 * DAY):
        await trio.sleep(2000)
        clock.jump(jump)
        assert time.now() is None
    assert TRUSTED_AFTER_SECONDS == await first_believed_after(time)
    assert (2, 4000 + TRUSTED_AFTER_SECONDS) == (len(told.entries), autojump_clock.current_time())


async def test_small_steps_are_no_jump_until_they_add_up_to_one(
    told: LogCapture, autojump_clock: MockClock
) -> None:
    clock = SimulatedClock()
    time = TrustedTime(clock)
    await first_believed_after(time)
    for _ in range(5):
        clock.jump(1.0)
        assert time.now() is not None
        await trio.sleep(10)
    clock.jump(1.0)
    assert (None, 1) == (time.now(), len(told.entries))
    assert TRUSTED_AFTER_SECONDS + 50 == autojump_clock.current_time()
