"""The gateway's stop, as requests meet that would not end by themselves."""

from collections.abc import Iterator
from contextlib import contextmanager

import trio


class Stopping:
    """Set once, when the shutdown begins; whoever has lent it a scope then has an end."""

    def __init__(self) -> None:
        self._begun = trio.Event()
        # The seconds that each has from then on, in the order in which they were lent.
        self._lent: dict[trio.CancelScope, float] = {}

    def set(self) -> None:
        """Begin the shutdown."""
        self._begun.set()
        for scope, seconds in self._lent.items():
            _end_within(seconds, scope)

    def is_set(self) -> bool:
        return self._begun.is_set()

    async def wait(self) -> None:
        """Wait until the shutdown has begun."""
        await self._begun.wait()

    @contextmanager
    def ending(self, scope: trio.CancelScope, within: float = 0.0) -> Iterator[None]:
        """Let the scope go on for so many seconds of the shutdown, while the block runs.

        One that is lent later has them from then on.
        """
        self._lent[scope] = within
        if self.is_set():
            _end_within(within, scope)
        try:
            yield
        finally:
            del self._lent[scope]


def _end_within(seconds: float, scope: trio.CancelScope) -> None:
    if seconds <= 0:
        scope.cancel()
    else:
        scope.deadline = min(scope.deadline, trio.current_time() + seconds)
