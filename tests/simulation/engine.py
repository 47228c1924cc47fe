"""The storage engine of the simulation: the same SQL on the simulated disk, inline and without a thread.

For the world: `pause` is awaited before and after each function, inside its turn, and must be a checkpoint;
latencies and crash points go there. Functions run in the order they were asked for, as on the shipped
engine's thread. A caller that is cancelled in the first pause has run nothing, in the second one everything.
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Concatenate, ParamSpec, TypeVar, cast

import apsw
import trio

from pgw.storage.port import StorageCannotOpen
from tests.simulation.connection import SimulatedConnection
from tests.simulation.disk import Disk
from tests.simulation.life import Life
from tests.simulation.vfs import SimulatedVfs

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
Pause = Callable[[], Awaitable[None]]
# What a commit that took place has been seen to report: a checkpoint behind it failed.
LIES = (apsw.SQLITE_FULL, apsw.SQLITE_IOERR_WRITE)


class InlineEngine:
    """`pgw.storage.engine.Engine`; several may share a connection, each with an order of its own."""

    def __init__(
        self, connection: SimulatedConnection, life: Life, pause: Pause = trio.lowlevel.checkpoint
    ) -> None:
        self._connection = connection
        self._life = life
        self._pause = pause
        self._turn = trio.Lock()

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        self._life.go_on()
        async with self._turn:
            await self._pause()
            self._life.go_on()
            try:
                return function(cast("sqlite3.Connection", self._connection), *args, **kwargs)
            finally:
                # Whatever a statement says in whose midst the process died, nobody hears it.
                self._life.go_on()
                await self._pause()
                self._life.go_on()


@asynccontextmanager
async def open_connection(disk: Disk, path: str, life: Life) -> AsyncIterator[SimulatedConnection]:
    """Open the database for the disk's present incarnation. Raises `StorageCannotOpen` or `ProcessDied`."""

    def lie_after_commit() -> int | None:
        return disk.random.choice(LIES) if disk.random.random() < disk.faults.commit_lies else None

    vfs = SimulatedVfs(disk)
    try:
        try:
            connection = SimulatedConnection(apsw.Connection(path, vfs=vfs.name), lie_after_commit)
        except apsw.Error as error:
            life.go_on()
            raise StorageCannotOpen(f"The database {path} cannot be opened: {error}.") from error
        try:
            yield connection
        finally:
            with suppress(sqlite3.Error):
                connection.close()
    finally:
        vfs.unregister()


def own(connection: sqlite3.Connection) -> None:
    """Be the only connection, which a log without shared memory needs before it begins."""
    mode = connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchone()
    assert mode == ("exclusive",)
