"""The embedded engine: SQLite on aiosqlite's thread, inside a trio-asyncio loop."""
# ruff: noqa: SLF001 - aiosqlite has no public way to run more than one statement a hop; pinned, and tested

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import aiosqlite
import trio
from trio_asyncio import aio_as_trio, run_aio_future

from pgw.storage.port import StorageCannotOpen

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Engine(Protocol):
    """One database connection that runs a function at a time."""

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        """Run the function on the connection, in one hop, and return or raise what it does."""


class AiosqliteEngine:
    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        connection = self._connection
        if connection._connection is None:
            raise sqlite3.ProgrammingError("the connection is closed")
        # Private, as is the one method that would run a function: what it does, without an asyncio task a
        # hop. Pinned, and tested.
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        connection._tx.put_nowait((future, partial(function, connection._connection, *args, **kwargs)))
        answer: Answer = await run_aio_future(future)
        return answer

    def interrupt(self) -> None:
        """End the statement that is running, with an error of its own."""
        if self._connection._connection is not None:
            self._connection._connection.interrupt()


@asynccontextmanager
async def open_engine(uri: str, path: Path) -> AsyncIterator[AiosqliteEngine]:
    """Open a connection with explicit transactions, inside the caller's `trio_asyncio.open_loop()`.

    Raises `StorageCannotOpen`.
    """
    connection = aiosqlite.connect(uri, uri=True, isolation_level=None)
    # A thread that is no daemon would keep a failing process from ending, and so from being restarted.
    connection._thread.daemon = True
    try:
        try:
            await aio_as_trio(connection.__aenter__)()
        except sqlite3.Error as error:
            raise StorageCannotOpen(f"The database {path} cannot be opened: {error}.") from error
        yield AiosqliteEngine(connection)
    finally:
        with trio.CancelScope(shield=True):
            await aio_as_trio(connection.close)()
            # After a failed opening it is not waited for, and would die of a loop that is gone.
            if connection._thread.is_alive():
                await trio.to_thread.run_sync(connection._thread.join)
