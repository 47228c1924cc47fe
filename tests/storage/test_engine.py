"""aiosqlite's thread under Trio, by way of its private parts, which are pinned here."""

import inspect
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from queue import SimpleQueue

import aiosqlite
import pytest
import trio
import trio_asyncio

from pgw.storage.engine import AiosqliteEngine, open_engine
from pgw.storage.port import StorageCannotOpen

RAISES_WHILE_OPEN = """
import sys, trio, trio_asyncio
from pathlib import Path
from pgw.storage.engine import open_engine

async def main():
    async with trio_asyncio.open_loop():
        opened = open_engine("file::memory:", Path("memory"))
        engine = await opened.__aenter__()
        assert 1 == await engine.run(lambda connection: connection.execute("SELECT 1").fetchone()[0])
        sys.argv.append(opened)  # kept, so that nothing closes it
        raise RuntimeError("main failed")

trio.run(main)
"""


@pytest.fixture
async def engine() -> AsyncIterator[AiosqliteEngine]:
    async with trio_asyncio.open_loop(), open_engine("file::memory:", Path("memory")) as engine:
        yield engine


def _add(_: sqlite3.Connection, left: int, *, right: int) -> int:
    return left + right


def _fail(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO missing VALUES (1)")


def _wait(_: sqlite3.Connection, event: threading.Event) -> bool:
    return event.wait(10)


async def _open_a_folder(folder: Path) -> None:
    async with trio_asyncio.open_loop(), open_engine(folder.as_uri(), folder):
        pytest.fail("it opened")


async def test_the_private_parts_that_the_engine_uses_are_there(engine: AiosqliteEngine) -> None:
    connection = engine._connection
    assert isinstance(connection._connection, sqlite3.Connection)
    assert isinstance(connection._tx, SimpleQueue)
    assert isinstance(connection._thread, threading.Thread)
    worker = inspect.getsource(aiosqlite.core._connection_worker_thread)
    assert "future, function = tx.get()" in worker


async def test_a_result_comes_back(engine: AiosqliteEngine) -> None:
    assert await engine.run(_add, 40, right=2) == 42


async def test_a_function_runs_on_the_connections_own_thread(engine: AiosqliteEngine) -> None:
    names = {await engine.run(lambda _: threading.get_ident()) for _ in range(3)}
    assert names == {engine._connection._thread.ident}


async def test_an_exception_comes_back_with_its_code(engine: AiosqliteEngine) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table: missing") as raised:
        await engine.run(_fail)
    assert raised.value.sqlite_errorcode == sqlite3.SQLITE_ERROR
    assert await engine.run(_add, 1, right=1) == 2, "and the connection goes on"


async def test_functions_run_one_at_a_time_in_order(engine: AiosqliteEngine) -> None:
    free, ran = threading.Event(), []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.run, _wait, free)
        for number in range(3):
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(engine.run, lambda _, number=number: ran.append(number))
        await trio.testing.wait_all_tasks_blocked()
        assert [] == ran
        free.set()
    assert [0, 1, 2] == ran


async def test_a_cancelled_caller_leaves_the_next_ones_answer_alone(engine: AiosqliteEngine) -> None:
    free = threading.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.run, _wait, free)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    free.set()
    assert await engine.run(_add, 2, right=3) == 5


async def test_no_explicit_transaction_is_ever_begun_for_us(engine: AiosqliteEngine) -> None:
    await engine.run(sqlite3.Connection.execute, "CREATE TABLE rows (id)")
    await engine.run(sqlite3.Connection.execute, "INSERT INTO rows VALUES (1)")
    assert not await engine.run(lambda connection: connection.in_transaction)


async def test_a_closed_connection_refuses() -> None:
    async with trio_asyncio.open_loop():
        async with open_engine("file::memory:", Path("memory")) as engine:
            thread = engine._connection._thread
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            await engine.run(_add, 1, right=1)
        await trio.to_thread.run_sync(thread.join, 10)
        assert not thread.is_alive()


async def test_an_opening_that_failed_leaves_no_thread(tmp_path: Path) -> None:
    """It would die of a loop that is gone, and say so below the operator's one sentence."""
    for _ in range(20):
        with pytest.RaisesGroup(StorageCannotOpen, allow_unwrapped=True, flatten_subgroups=True):
            await _open_a_folder(tmp_path)
        assert not any("_connection_worker_thread" in thread.name for thread in threading.enumerate())


def test_a_process_whose_main_raises_while_an_engine_is_open_ends() -> None:
    """A thread that is no daemon would keep it, and nothing would restart it."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RAISES_WHILE_OPEN],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 1
    assert "RuntimeError: main failed" in ended.stderr
