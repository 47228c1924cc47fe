from typing import Optional

import trio
from attrs import define, field


@define(eq=False)
class InFlight:
    """How many jobs were admitted and still await the bank's first answer.

    A merchant's count is part of the whole gateway's; neither goes over its limit.
    """

    limit: int
    whole: Optional["InFlight"] = None
    count: int = 0
    _released: trio.Event = field(factory=trio.Event, init=False)

    @property
    def is_full(self) -> bool:
        return self.count >= self.limit or (self.whole is not None and self.whole.is_full)

    def admit(self) -> bool:
        """Count one more, or return False where that would be too many."""
        if self.is_full:
            return False
        self._add(1)
        return True

    def release(self) -> None:
        self._add(-1)

    async def emptied(self) -> None:
        """Wait until none is in flight."""
        while self.count:
            await self._released.wait()

    def _add(self, difference: int) -> None:
        self.count += difference
        if self.count == 0:
            self._released.set()
            self._released = trio.Event()
        if self.whole is not None:
            self.whole._add(difference)  # noqa: SLF001 - its own class
