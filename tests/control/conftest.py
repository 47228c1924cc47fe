from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pgw.control.client import DirectControl
from pgw.control.commands import Commands
from pgw.control.operator import Operator
from pgw.control.payment_commands import PaymentCommands
from pgw.ports import SystemClock
from pgw.storage.sqlite import SqliteStorage, open_storage
from tests.control.payments import MERCHANT, Payments
from tests.control.settling import Settling
from tests.merchants import a_merchant
from tests.timeline import TIMELINE_KEY


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[SqliteStorage]:
    async with open_storage(tmp_path / "pgw.db", lambda _events: None) as storage:
        await storage.resume_timeline(TIMELINE_KEY)
        await storage.add_merchant(a_merchant(MERCHANT))
        yield storage


@pytest.fixture
def payments(storage: SqliteStorage) -> Payments:
    return Payments(storage)


@pytest.fixture
def settling() -> Settling:
    return Settling()


@pytest.fixture
def commands(storage: SqliteStorage, settling: Settling) -> Commands:
    return Commands([PaymentCommands(storage, SystemClock(), settling.settle)])


@pytest.fixture
def operator(commands: Commands) -> Operator:
    return Operator(DirectControl(commands))
