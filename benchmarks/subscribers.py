"""Thousands of subscribers in a process of their own, so that they do not wait for whoever pays."""

import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.subscriber_loop import OPENED_WITHIN_SECONDS, SubscriberLoop
from benchmarks.subscription import Heard, Wanted


class Subscribers:
    """What the process is asked from this one. Each method is `SubscriberLoop`'s of the same name."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def open(self, wanted: Sequence[Wanted]) -> Sequence[int]:
        """Open streams and return their numbers; the program ends where they do not become ready."""
        numbers: Sequence[int] = self._ask("open", wanted)
        if wanted and not numbers:
            sys.exit(f"{len(wanted)} streams were not ready within {OPENED_WITHIN_SECONDS:.0f} s")
        return numbers

    def stop_reading(self, numbers: Sequence[int]) -> None:
        self._ask("stop_reading", numbers)

    def heard(self) -> Sequence[Heard]:
        heard: Sequence[Heard] = self._ask("heard")
        return heard

    def heard_once(self, events: int, seconds: float) -> Sequence[Heard]:
        """Return what was heard once it is so many events, or after so many seconds."""
        until = time.monotonic() + seconds
        while self._ask("count") < events and time.monotonic() < until:
            time.sleep(0.05)
        return self.heard()

    def closed(self, numbers: Sequence[int]) -> Sequence[int]:
        codes: Sequence[int] = self._ask("closed", numbers)
        return codes

    def close(self, numbers: Sequence[int]) -> None:
        self._ask("close", numbers)

    def _ask(self, name: str, *arguments: object) -> Any:
        self._pipe.send((name, *arguments))
        return self._pipe.recv()


def _run(pipe: Connection, address: tuple[str, int]) -> None:
    SubscriberLoop(pipe, address).run()


@contextmanager
def subscribers(address: tuple[str, int]) -> Iterator[Subscribers]:
    """Run the process for as long as the block."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_run, args=(theirs, address), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Subscribers(ours)
    finally:
        ours.close()
        process.join(5)
        process.kill()
