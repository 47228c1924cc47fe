"""A connection of apsw that looks like `sqlite3.Connection`, as far as pgw's storage uses one.

More of that class is to be added here when pgw uses it, and nothing before.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw

# By the primary result code, as the standard library's module maps it; any other is a DatabaseError.
_OPERATIONAL = (
    apsw.SQLITE_ERROR,
    apsw.SQLITE_PERM,
    apsw.SQLITE_ABORT,
    apsw.SQLITE_BUSY,
    apsw.SQLITE_LOCKED,
    apsw.SQLITE_READONLY,
    apsw.SQLITE_INTERRUPT,
    apsw.SQLITE_IOERR,
    apsw.SQLITE_FULL,
    apsw.SQLITE_CANTOPEN,
    apsw.SQLITE_PROTOCOL,
    apsw.SQLITE_SCHEMA,
)
_CLASSES: dict[int, type[sqlite3.Error]] = {
    **dict.fromkeys(_OPERATIONAL, sqlite3.OperationalError),
    **dict.fromkeys((apsw.SQLITE_INTERNAL, apsw.SQLITE_NOTFOUND), sqlite3.InternalError),
    **dict.fromkeys((apsw.SQLITE_CONSTRAINT, apsw.SQLITE_MISMATCH), sqlite3.IntegrityError),
    **dict.fromkeys((apsw.SQLITE_MISUSE, apsw.SQLITE_RANGE), sqlite3.InterfaceError),
    apsw.SQLITE_TOOBIG: sqlite3.DataError,
}


def error_of(code: int, message: str) -> sqlite3.Error:
    """Return what the standard library raises for an extended result code."""
    error = _CLASSES.get(code & 0xFF, sqlite3.DatabaseError)(message)
    error.sqlite_errorcode = code
    return error


class Rows:
    """All rows of a statement, which was run to its end."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows


class SimulatedConnection:
    """`lie_after_commit` is asked after each commit for a result code to report instead, or None."""

    def __init__(self, connection: apsw.Connection, lie_after_commit: Callable[[], int | None]) -> None:
        self._connection = connection
        self._lie_after_commit = lie_after_commit

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        with _as_the_standard_library():
            was_in_transaction, changes = self.in_transaction, self._connection.total_changes()
            rows = Rows(list(self._connection.execute(statement, tuple(parameters))))
        has_changed = was_in_transaction or self._connection.total_changes() != changes
        if has_changed and not self.in_transaction and not statement.startswith("ROLLBACK"):
            code = self._lie_after_commit()
            if code is not None:
                raise error_of(code, "committed, then error")
        return rows

    def executescript(self, script: str) -> None:
        with _as_the_standard_library():
            if self.in_transaction:
                self._connection.execute("COMMIT")
            self._connection.execute(script)

    def close(self) -> None:
        with _as_the_standard_library():
            self._connection.close(force=True)


@contextmanager
def _as_the_standard_library() -> Iterator[None]:
    try:
        yield
    except apsw.ConnectionClosedError as error:
        raise sqlite3.ProgrammingError("Cannot operate on a closed database.") from error
    except apsw.BindingsError as error:
        raise sqlite3.ProgrammingError(str(error)) from error
    except apsw.Error as error:
        code = getattr(error, "extendedresult", apsw.SQLITE_ERROR)
        raise error_of(code, str(error).removeprefix(f"{type(error).__name__}: ")) from error
