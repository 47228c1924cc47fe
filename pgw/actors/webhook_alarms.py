from collections.abc import Callable

import trio

from pgw.ports import Clock

AT_MOST_EVERY_SECONDS = 0.05
IDLE_SECONDS = 3600.0


class Alarms:
    """When each endpoint has something due again: one task for all of them.

    Times are monotonic, in seconds, so that a wall clock that jumps neither wakes all nor none.
    """

    def __init__(self, clock: Clock, ring: Callable[[str], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._at: dict[str, float] = {}
        self._next = 0.0
        self._is_earlier = trio.Event()

    def set(self, endpoint_id: str, seconds: float) -> None:
        """Ring for an endpoint after so many seconds, instead of what was set for it before."""
        at = self._at[endpoint_id] = self._clock.monotonic() + seconds
        if at < self._next:
            self._is_earlier.set()

    def clear(self, endpoint_id: str) -> None:
        self._at.pop(endpoint_id, None)

    async def run(self) -> None:
        """Ring until cancelled; what is set meanwhile stays set."""
        while True:
            now = self._clock.monotonic()
            for endpoint_id in [endpoint_id for endpoint_id, at in self._at.items() if at <= now]:
                del self._at[endpoint_id]
                self._ring(endpoint_id)
            self._next = min(self._at.values(), default=now + IDLE_SECONDS)
            self._is_earlier = trio.Event()
            with trio.move_on_after(self._next - now):
                await self._is_earlier.wait()
            # Those that come at nearly the same time are rung for together.
            await trio.sleep(AT_MOST_EVERY_SECONDS)
