"""What is done with a database whose disk fails or whose file is damaged: never another write."""

import sqlite3
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import structlog
import trio

from pgw.storage.disk_errors import is_damage, raise_where_lost
from pgw.storage.engine import Engine
from pgw.storage.port import StorageLost, StorageUnavailable

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
_log = structlog.get_logger()


class Soundness:
    """Runs what reads and what writes, and knows whether the database may still be written.

    A write that meets a failed fsync or damage ends the process, whoever asked for it: a supervisor would
    start an actor again that raised it, and the actor would try again. A read that meets damage fails alone,
    but from then on nothing is written.
    """

    def __init__(self) -> None:
        self._loss: StorageLost | None = None
        self._is_lost = trio.Event()
        self._is_damaged = False

    @property
    def takes_writes(self) -> bool:
        return not self._is_damaged and self._loss is None

    async def read(
        self,
        engine: Engine,
        statement: Callable[Concatenate[sqlite3.Connection, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        """Run what reads. Raises `StorageUnavailable`."""
        try:
            return await engine.run(statement, *args, **kwargs)
        except sqlite3.Error as error:
            if is_damage(error) and not self._is_damaged:
                self._is_damaged = True
                effect = "Nothing is written any more; restore it from a backup."
                _log.critical("DatabaseDamaged", Reason=str(error), Effect=effect)
            raise StorageUnavailable(str(error)) from error

    async def write(
        self,
        engine: Engine,
        statement: Callable[Concatenate[sqlite3.Connection, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        """Run what writes.

        Raises the engine's error, `StorageUnavailable`, or `StorageLost`, which `run` of the storage raises
        too.
        """
        if not self.takes_writes:
            if self._loss is not None:
                # Who met it may have been cancelled by then, and told nobody.
                self._is_lost.set()
            await trio.lowlevel.checkpoint()
            raise StorageUnavailable("nothing is written any more")
        try:
            return await engine.run(self._run, statement, *args, **kwargs)
        except StorageLost:
            self._is_lost.set()
            raise

    def _run(
        self,
        connection: sqlite3.Connection,
        statement: Callable[Concatenate[sqlite3.Connection, Arguments], Answer],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        """Run it on the engine's own thread: what is queued behind a failed fsync must not be built on it."""
        if self._loss is not None:
            raise self._loss
        try:
            try:
                return statement(connection, *args, **kwargs)
            except sqlite3.Error as error:
                raise_where_lost(error)
                raise
        except StorageLost as loss:
            self._loss = loss
            raise

    async def until_lost(self) -> None:
        """Return when the process must end, which `raise_loss` says why."""
        await self._is_lost.wait()

    def raise_loss(self) -> None:
        if self._loss is not None and self._is_lost.is_set():
            raise self._loss
