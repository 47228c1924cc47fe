"""Damage and loss: never another write, and no row that cannot be read costs more than its own reader."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

import pytest
import structlog
import trio
import trio_asyncio
from structlog.testing import LogCapture
from trio.testing import wait_all_tasks_blocked

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok
from pgw.storage import database as database_file
from pgw.storage import sqlite
from pgw.storage.engine import AiosqliteEngine, open_engine
from pgw.storage.port import StorageLost, StorageUnavailable
from pgw.storage.rows import RowUnreadable
from pgw.storage.soundness import Soundness
from pgw.storage.sqlite import open_storage
from tests.merchants import a_merchant
from tests.storage.conftest import MERCHANTS, NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from pgw.storage.port import Storage
    from tests.storage.conftest import BreakWriter, Changes

WRITE, LET_REST = "INSERT INTO change_groups", "\n    UPDATE attempts SET due_at"
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CORRUPT_INDEX, sqlite3.SQLITE_NOTADB)
FSYNC = sqlite3.SQLITE_IOERR_FSYNC


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    async with open_storage(tmp_path / "pgw.db", lambda _: None) as storage:
        await _add_merchants(storage)
        yield storage


async def _add_merchants(storage: Storage) -> None:
    for merchant_id in MERCHANTS:
        await storage.add_merchant(a_merchant(merchant_id))


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    capture = LogCapture()
    for module in ("soundness", "unreadable", "log_size"):
        monkeypatch.setattr(f"pgw.storage.{module}._log", structlog.wrap_logger(None, processors=[capture]))
    return capture


@pytest.mark.parametrize("code", DAMAGE)
async def test_a_write_that_meets_damage_ends_the_storage_and_is_not_tried_again(
    code: int, tmp_path: Path, changes: Changes, break_writer: BreakWriter
) -> None:
    broken = None
    with pytest.RaisesGroup(StorageLost, flatten_subgroups=True):
        async with open_storage(tmp_path / "pgw.db", lambda _: None) as storage:
            await _add_merchants(storage)
            broken = break_writer(storage, (WRITE, code, False))
            await storage.write(changes.accepted())
    assert broken is not None
    assert [WRITE] == broken.statements


@pytest.mark.parametrize("code", [*DAMAGE, FSYNC])
async def test_who_writes_beside_the_groups_cannot_try_again_after_a_loss(
    code: int, tmp_path: Path, break_writer: BreakWriter
) -> None:
    """An actor that is restarted by its supervisor would, and burn restarts while the process ends."""
    broken, refused = None, 0
    with pytest.RaisesGroup(StorageLost, flatten_subgroups=True):
        async with open_storage(tmp_path / "pgw.db", lambda _: None) as storage:
            broken = break_writer(storage, (LET_REST, code, False))
            for _ in range(3):
                with pytest.raises(StorageUnavailable):
                    await storage.let_rest(NOW, [AttemptOutcome.INTENDED])
                refused += 1
    assert broken is not None
    assert 1 == len(broken.statements)
    assert refused >= 1


async def test_a_read_that_meets_damage_fails_alone_and_nothing_is_written_any_more(
    storage: Storage, changes: Changes, logged: LogCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(storage, sqlite.SqliteStorage)
    before = changes.accepted()
    await storage.write(before)
    with monkeypatch.context() as damaged:
        damaged.setattr("pgw.storage.reading.last_seq", _meets_damage)
        for _ in range(2):
            with pytest.raises(StorageUnavailable):
                await storage.last_seq("mer_a")
    assert ["DatabaseDamaged"] == [line["event"] for line in logged.entries], "said once"
    assert Err(Refusal.STORAGE_UNAVAILABLE) == await storage.write(changes.accepted())
    with pytest.raises(StorageUnavailable):
        await storage.let_rest(NOW, [AttemptOutcome.INTENDED])
    assert not await storage.check()
    assert 1 == await storage.last_seq("mer_a"), "what is sound is read"


def _meets_damage(_connection: sqlite3.Connection, _merchant_id: str) -> int:
    error = sqlite3.DatabaseError("forced")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    raise error


async def test_a_row_that_cannot_be_read_is_no_other_readers_concern(
    tmp_path: Path, changes: Changes, logged: LogCapture
) -> None:
    path = tmp_path / "pgw.db"
    bad, good = changes.accepted(), changes.accepted()
    async with open_storage(path, lambda _: None) as storage:
        await _add_merchants(storage)
        for change in (bad, good):
            assert Ok(None) == await storage.write(change)
        await storage.let_rest(NOW, [AttemptOutcome.INTENDED])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE payments SET metadata = '17' WHERE id = ?", [bad.payment.id])
    async with open_storage(path, lambda _: None) as storage:
        found: list[object] = []
        async with trio.open_nursery() as nursery:
            # In one hop, since the second comes while the first one's group is yet to begin.
            nursery.start_soon(_read_payment, storage, bad.payment.id, found)
            nursery.start_soon(_read_payment, storage, good.payment.id, found)
        assert {RowUnreadable, type(good.payment)} == {type(one) for one in found}
        # The bad one takes its place in the first look only.
        assert [] == await storage.due(NOW, NOW, limit=1)
        assert [good.job.id] == [one.job.id for one in await storage.due(NOW, NOW, limit=1)]
    assert [("RowUnreadable", bad.job.id)] == [(line["event"], line["JobId"]) for line in logged.entries]


async def _read_payment(storage: Storage, payment_id: str, found: list[object]) -> None:
    try:
        found.append(await storage.payment("mer_a", payment_id))
    except RowUnreadable as error:
        found.append(error)


async def test_a_log_that_stays_past_its_bound_is_said_once(
    tmp_path: Path, changes: Changes, logged: LogCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_file, "LARGEST_LOG_PAGES", 20)
    monkeypatch.setattr(database_file, "EMPTYING_TIMEOUT_MS", 1)
    monkeypatch.setattr(sqlite, "CHANGES_A_CHECKPOINT", 1)
    path = tmp_path / "pgw.db"
    async with open_storage(path, lambda _: None) as storage:
        await _add_merchants(storage)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM payments").fetchone()
            for _ in range(10):
                await storage.write(changes.accepted())
            assert ["LogPastItsBound"] == [line["event"] for line in logged.entries]
        await storage.write(changes.accepted())
    assert ["LogPastItsBound", "LogWithinItsBound"] == [line["event"] for line in logged.entries]


@pytest.mark.parametrize("code", [*DAMAGE, FSYNC])
async def test_what_is_queued_behind_a_loss_is_not_run(code: int, tmp_path: Path) -> None:
    """Both were handed to the engine's thread before anybody could know."""
    path, soundness, ran = tmp_path / "pgw.db", Soundness(), list[str]()
    async with _engine(path) as engine, trio.open_nursery() as nursery:
        are_queued = threading.Event()

        def first(_connection: sqlite3.Connection) -> None:
            are_queued.wait(10)
            ran.append("first")
            raise _error(code)

        def second(_connection: sqlite3.Connection) -> None:
            ran.append("second")

        async def is_lost(statement: Callable[[sqlite3.Connection], None]) -> None:
            with pytest.raises(StorageLost):
                await soundness.write(engine, statement)

        nursery.start_soon(is_lost, first)
        await wait_all_tasks_blocked()
        nursery.start_soon(is_lost, second)
        await wait_all_tasks_blocked()
        are_queued.set()
    assert ["first"] == ran


async def test_a_loss_that_was_met_for_somebody_cancelled_ends_the_storage(
    tmp_path: Path, changes: Changes, break_writer: BreakWriter
) -> None:
    """A merchant's client that left, say: nobody is there any more to be told."""
    answer = None
    with pytest.RaisesGroup(StorageLost, flatten_subgroups=True), trio.fail_after(10):
        async with open_storage(tmp_path / "pgw.db", lambda _: None) as storage:
            await _add_merchants(storage)
            break_writer(storage, (LET_REST, FSYNC, False))
            with trio.CancelScope() as leaving:
                leaving.cancel()
                await storage.let_rest(NOW, [AttemptOutcome.INTENDED])
            # Behind it on the writer's thread.
            await storage.merchants("", 1)
            answer = await storage.write(changes.accepted())
            await trio.sleep_forever()
    assert Err(Refusal.STORAGE_UNAVAILABLE) == answer


def _error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("forced")
    error.sqlite_errorcode = code
    return error


@asynccontextmanager
async def _engine(path: Path) -> AsyncIterator[AiosqliteEngine]:
    async with trio_asyncio.open_loop(), open_engine(path.as_uri(), path) as engine:
        yield engine
