from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest
import structlog
import trio
from structlog.testing import LogCapture

from pgw.actors.bank import Bank
from pgw.storage.sqlite import SqliteStorage, open_storage
from tests.actors.callers import Callers
from tests.merchants import a_merchant
from tests.timeline import TIMELINE_KEY

MERCHANTS = ("mer_a", "mer_b")


StartBank = Callable[[Bank], Callers]


class OpenDatabase(Protocol):
    def __call__(self) -> AbstractAsyncContextManager[SqliteStorage]: ...


@pytest.fixture
def open_database(tmp_path: Path) -> OpenDatabase:
    """Open the test's one database file, which has two merchants; a second time is after a restart."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[SqliteStorage]:
        async with open_storage(tmp_path / "pgw.db", lambda _events: None) as storage:
            await storage.resume_timeline(TIMELINE_KEY)
            for merchant_id in MERCHANTS:
                await storage.add_merchant(a_merchant(merchant_id))
            yield storage

    return opened


@pytest.fixture
async def database(open_database: OpenDatabase) -> AsyncIterator[SqliteStorage]:
    async with open_database() as storage:
        yield storage


@pytest.fixture
def start_bank(nursery: trio.Nursery) -> StartBank:
    """Run a bank, and return those who call it."""

    def start(bank: Bank) -> Callers:
        nursery.start_soon(bank.run)
        return Callers(bank, nursery)

    return start


@pytest.fixture
def recovery_looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due is taken up at once, for tests beside a real file, which run in real time."""
    monkeypatch.setattr("pgw.actors.recovery.LOOK_EVERY_SECONDS", 0.02)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    """What supervisors log, however logging was set up before."""
    capture = LogCapture()
    monkeypatch.setattr("pgw.actors.supervisor._log", structlog.wrap_logger(None, processors=[capture]))
    return capture


@pytest.fixture
def patient_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Storage looks for waiters that lost patience less often, for tests that let days go by."""
    for module in ("sqlite", "sqlite_webhooks"):
        monkeypatch.setattr(f"pgw.storage.{module}.PATIENCE_SECONDS", 10 * 86_400.0)
