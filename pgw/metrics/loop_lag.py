import trio

from pgw.measures import Measures
from pgw.ports import Clock

EVERY_SECONDS = 0.25


async def watch_loop_lag(clock: Clock, measures: Measures) -> None:
    """Measure how late the event loop is, until cancelled: what any task waits before it runs."""
    while True:
        due = clock.monotonic() + EVERY_SECONDS
        await trio.sleep(EVERY_SECONDS)
        measures.loop_lagged(max(0.0, clock.monotonic() - due))
