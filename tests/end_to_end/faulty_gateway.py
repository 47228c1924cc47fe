"""The gateway's own program with faults in it, which a test switches on by writing their names to a file."""

import os
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import trio

from pgw import cli, service
from pgw.actors.housekeeping import Housekeeping
from pgw.storage import reading
from pgw.storage.engine import AiosqliteEngine
from pgw.storage.group_commit import commit_group

FAULTS = "FAULTS_FILE"
LOOK_SECONDS = 0.05
FOREVER_SECONDS = 3600
END_SECONDS = 1.0
WRITE, NEWEST_GROUP = "INSERT INTO change_groups", "SELECT number FROM newest_group"
# What the write reports, though it takes place.
CODES = {
    "fsync": sqlite3.SQLITE_IOERR_FSYNC,
    "damage": sqlite3.SQLITE_CORRUPT,
    "forgotten": sqlite3.SQLITE_FULL,
}

_run = AiosqliteEngine.run
_had: set[str] = set()


def faults() -> set[str]:
    path = Path(os.environ[FAULTS])
    return set(path.read_text().split()) if path.exists() else set()


class FaultyConnection:
    """What the writer writes by: a commit that takes place, and is said to have failed."""

    def __init__(self, connection: sqlite3.Connection, names: set[str]) -> None:
        self._connection = connection
        self._names = names

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        if "forgotten" in self._names and statement == NEWEST_GROUP:
            return self._connection.execute("SELECT -1")
        answer = self._connection.execute(statement, parameters)
        if statement.startswith(WRITE):
            self._fail()
        return answer

    def _fail(self) -> None:
        for name, code in CODES.items():
            if name in self._names:
                error = sqlite3.OperationalError("forced by a test")
                error.sqlite_errorcode = code
                raise error


async def run_faultily(self: AiosqliteEngine, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    if args[:1] == (commit_group,) and (names := faults()):
        args = (partial(_faulty, commit_group, names), *args[1:])
    if function is reading.count_unresolved and (names := faults()):
        function = partial(_uncounted, names)
    return await _run(self, function, *args, **kwargs)


def _faulty(function: Callable[..., Any], names: set[str], connection: sqlite3.Connection, *args: Any) -> Any:
    if "hang" in names:
        time.sleep(FOREVER_SECONDS)
    return function(cast("sqlite3.Connection", FaultyConnection(connection, names)), *args)


def _uncounted(names: set[str], connection: sqlite3.Connection, most: int) -> Any:
    if "stuck" in names:
        time.sleep(FOREVER_SECONDS)
    if "unreadable" in names:
        raise sqlite3.OperationalError("forced by a test")
    return reading.count_unresolved(connection, most)


async def crash_when_told(_self: Housekeeping) -> None:
    """Crash again and again, or once where it is to stumble."""
    while not (told := (faults() & {"crash", "stumble"}) - _had):  # noqa: ASYNC110 - it is a file
        await trio.sleep(LOOK_SECONDS)
    _had.update(told - {"crash"})
    raise RuntimeError("forced by a test")


if __name__ == "__main__":
    setattr(AiosqliteEngine, "run", run_faultily)  # noqa: B010 - mypy lets no method be assigned
    setattr(Housekeeping, "run", crash_when_told)  # noqa: B010
    service.END_SECONDS = END_SECONDS
    cli.main()
