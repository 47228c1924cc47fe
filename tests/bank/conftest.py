import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
import trio

from tests.bank.raw_bank import RawBank, Script

PROJECT = Path(__file__).parents[2]
START_SECONDS = 10

StartRawBank = Callable[[Script], Awaitable[RawBank]]


@pytest.fixture
def start_raw_bank(nursery: trio.Nursery) -> StartRawBank:
    async def start(script: Script) -> RawBank:
        bank = RawBank(script)
        serve = partial(trio.serve_tcp, bank.serve, 0, host="127.0.0.1")
        [listener] = await nursery.start(serve)
        bank.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        return bank

    return start


class Simulator:
    """The real program, on a port of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "--port", "0", "--hang-seconds", "5"],
            cwd=PROJECT,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        first_line = self._process.stderr.readline()
        ready = re.search(r"listening on (http://127\.0\.0\.1:\d+) ", first_line)
        assert ready, first_line
        self.url = ready[1]

    def booked(self, reference: str) -> list[int]:
        """Return the captured amount of each booking under the reference."""
        ledger = httpx.get(f"{self.url}/ledger", params={"reference": reference}).json()
        return [booking["captured_amount"] for booking in ledger["bookings"]]

    def stop(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr:
            self._process.terminate()
            self._process.wait(START_SECONDS)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """One for all tests: each has a reference of its own."""
    running = Simulator()
    yield running
    running.stop()
