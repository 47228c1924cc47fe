# ruff: noqa: ARG001 - who asks for the clock runs by it

from collections.abc import Iterator
from datetime import datetime

import pytest
import trio
from trio.testing import MockClock

from pgw.metrics.loop_lag import EVERY_SECONDS, watch_loop_lag
from pgw.ports import Clock
from tests.metrics.gateway import exposition_of, scraped, some_measures


class Told(Clock):
    """Tells the times that a test gives it, and no more."""

    def __init__(self, *times: float) -> None:
        self._times: Iterator[float] = iter(times)

    def now(self) -> datetime:
        raise NotImplementedError

    def monotonic(self) -> float:
        return next(self._times)


@pytest.mark.parametrize(("woken", "lag"), [(5.25, 0.0), (5.32, 0.07), (7.25, 2.0), (5.2, 0.0)])
async def test_the_lag_is_how_much_too_late_the_sleeper_wakes(
    woken: float,
    lag: float,
    autojump_clock: MockClock,
) -> None:
    measures, clock = some_measures(), Told(5.0, woken, 8.0)
    with trio.move_on_after(EVERY_SECONDS * 1.5):
        await watch_loop_lag(clock, measures)
    scrape = await scraped(exposition_of(measures))
    assert 1 == scrape.value("pgw_event_loop_lag_seconds_count")
    assert pytest.approx(lag, abs=1e-9) == scrape.value("pgw_event_loop_lag_seconds_sum")
