"""One incarnation of the simulated process: what it owned does nothing any more once it has died.

The world kills by `Life.kill()` and, in the same breath, `Disk.crash()`. Everything the gateway reaches the
outside by (engine, network) asks its life first, since a cancelled task may still run clean-up code, and a
shielded one may even go on; both must meet a dead port then, never the revived disk or the bank.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import trio


class ProcessDied(BaseException):
    """Ends the tasks of a dead process. No `Exception`, so that no supervisor takes it for a bug."""


class Life:
    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.is_over = False
        self.scope = trio.CancelScope()
        self.ended = trio.Event()
        # A dictionary without values: a set that keeps its order.
        self._guests: dict[trio.CancelScope, None] = {}

    def kill(self) -> None:
        """Let no task of this life do anything any more; may be called in the midst of anything."""
        self.is_over = True
        self.scope.cancel()
        for guest in self._guests:
            guest.cancel()
        self.ended.set()

    @contextmanager
    def guest(self) -> Iterator[trio.CancelScope]:
        """Let a task from outside, such as a client, wait for this life; its wait ends with the life."""
        with trio.CancelScope() as scope:
            self._guests[scope] = None
            if self.is_over:
                scope.cancel()
            try:
                yield scope
            finally:
                del self._guests[scope]

    def go_on(self) -> None:
        """Raise `ProcessDied` where the process has died."""
        if self.is_over:
            raise ProcessDied(f"life {self.number} is over")
