"""The end of a process by force, where a disk or a thread that hangs holds up its orderly end."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

SAY_SECONDS = 1.0
FAILED = 1
_log = structlog.get_logger()


class LastResort:
    """Ends the process once its time is over.

    By threads of its own: the event loop may be what hangs, and so may whoever reads the log.
    """

    def __init__(self) -> None:
        self._timers: list[threading.Timer] = []

    def end_within(self, seconds: float) -> None:
        """Give the process so many seconds to end by itself; of several times the first one counts."""
        timer = threading.Timer(seconds, _end)
        timer.daemon = True
        timer.start()
        self._timers.append(timer)

    def call_off(self) -> None:
        for timer in self._timers:
            timer.cancel()


@contextmanager
def last_resort() -> Iterator[LastResort]:
    """Have it at hand for as long as the block lasts, after whose end nothing can hang any more."""
    resort = LastResort()
    try:
        yield resort
    finally:
        resort.call_off()


def _end() -> None:
    saying = threading.Thread(target=_say, daemon=True)
    saying.start()
    saying.join(SAY_SECONDS)
    os._exit(FAILED)


def _say() -> None:
    reason = "it took too long to end: a disk or a thread hangs; the next start takes up what is left"
    _log.critical("Ended", Reason=reason)
