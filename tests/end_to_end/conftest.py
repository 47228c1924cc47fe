import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.end_to_end.programs import Gateway, Program, Simulator

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell has it for what it starts in the background; all that the tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class StartSimulator(Protocol):
    def __call__(self, *arguments: str) -> Simulator: ...


class StartGateway(Protocol):
    def __call__(self, database: Path, bank_url: str, *arguments: str, **environment: str) -> Gateway: ...


@pytest.fixture
def start_simulator() -> Iterator[StartSimulator]:
    yield from _started(Simulator)


@pytest.fixture
def start_gateway() -> Iterator[StartGateway]:
    yield from _started(Gateway)


def _started(kind: Callable[..., Program]) -> Iterator[Any]:
    programs: list[Program] = []

    def start(*arguments: Any, **keywords: Any) -> Program:
        programs.append(kind(*arguments, **keywords))
        return programs[-1]

    yield start
    for program in programs:
        if program.process.returncode is None:
            program.end(signal.SIGKILL)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """One bank for all tests that need no switches of their own; what it calls late is soon."""
    running = Simulator("--slow-seconds", "0.3", "--hang-seconds", "1.5")
    yield running
    running.end()


@pytest.fixture(scope="session")
def gateway(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway for all tests that do not stop it. It logs all that it can."""
    database = tmp_path_factory.mktemp("gateway") / "pgw.db"
    running = Gateway(database, simulator.url, "--log-level", "debug")
    yield running
    running.end()
