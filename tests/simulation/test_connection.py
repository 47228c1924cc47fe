"""The simulation's connection says what the standard library's says."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest

from pgw.storage import database
from pgw.storage.port import StorageCannotOpen
from tests.simulation.connection import SimulatedConnection
from tests.simulation.disk import Disk
from tests.simulation.disk_faults import DiskFaults
from tests.simulation.engine import InlineEngine, open_connection, own
from tests.simulation.life import Life
from tests.simulation.vfs import SimulatedVfs

PREPARE = """
    CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (length(name) < 5)) STRICT;
    CREATE TABLE children (parent INTEGER NOT NULL REFERENCES parents (id)) STRICT;
    CREATE TRIGGER no_bobs BEFORE INSERT ON parents WHEN NEW.name = 'Bob'
    BEGIN SELECT RAISE(ABORT, 'no Bobs'); END;
    INSERT INTO parents VALUES (1, 'Ada');
"""
STATEMENTS: list[tuple[str, tuple[Any, ...]]] = [
    ("SELECT id, name, 1.5, NULL, x'00' FROM parents WHERE name = ?", ("Ada",)),
    ("SELECT id FROM parents WHERE id = 2", ()),
    ("INSERT INTO parents VALUES (2, ?) RETURNING id", ("Eve",)),
    ("INSERT INTO parents VALUES (1, 'Eve')", ()),
    ("INSERT INTO parents VALUES (2, 'Ada')", ()),
    ("INSERT INTO parents VALUES (2, NULL)", ()),
    ("INSERT INTO parents VALUES (2, 'Wilhelmina')", ()),
    ("INSERT INTO parents VALUES (2, x'00')", ()),
    ("INSERT INTO parents VALUES (2, 'Bob')", ()),
    ("INSERT INTO parents VALUES (2, ?)", ("\ud800",)),
    ("INSERT INTO parents VALUES (?, 'Eve')", (2**63,)),
    ("INSERT INTO parents VALUES (?, ?)", (True, "Eve")),
    ("INSERT INTO children VALUES (7)", ()),
    ("INSERT INTO parents VALUES (?, ?)", (1,)),
    ("SELECT * FROM nowhere", ()),
    ("SELECT json('{')", ()),
    ("SELEC", ()),
    ("COMMIT", ()),
    ("ROLLBACK TO nowhere", ()),
    ("PRAGMA user_version", ()),
]


@pytest.fixture
def simulated() -> Iterator[SimulatedConnection]:
    vfs = SimulatedVfs(Disk(Random(17)))
    with closing(SimulatedConnection(apsw.Connection("/a.db", vfs=vfs.name), lambda: None)) as connection:
        yield connection
    vfs.unregister()


def _outcome(connection: sqlite3.Connection | SimulatedConnection, statement: str, values: Any) -> object:
    try:
        return connection.execute(statement, values).fetchall()
    except sqlite3.Error as error:
        # What the standard library says itself has no code.
        return type(error), getattr(error, "sqlite_errorcode", None), connection.in_transaction
    except (UnicodeEncodeError, OverflowError) as error:
        return type(error)


@pytest.mark.parametrize(("statement", "values"), STATEMENTS)
def test_each_statement_has_the_same_rows_or_the_same_error(
    statement: str, values: tuple[Any, ...], simulated: SimulatedConnection
) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as shipped:
        for connection in (shipped, simulated):
            connection.execute("PRAGMA foreign_keys = 1")
            connection.executescript(PREPARE)
        assert _outcome(shipped, statement, values) == _outcome(simulated, statement, values)


def test_a_script_commits_what_was_begun_before_it(simulated: SimulatedConnection) -> None:
    simulated.execute("BEGIN")
    simulated.execute("CREATE TABLE one (id INTEGER)")
    assert simulated.in_transaction
    simulated.executescript("BEGIN; CREATE TABLE two (id INTEGER); ROLLBACK")
    assert not simulated.in_transaction
    assert [("one",)] == simulated.execute("SELECT name FROM sqlite_schema").fetchall()


def test_a_closed_connection_refuses(simulated: SimulatedConnection) -> None:
    simulated.close()
    with pytest.raises(sqlite3.ProgrammingError):
        simulated.execute("SELECT 1")


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (DiskFaults(fills_up=1), sqlite3.SQLITE_FULL),
        (DiskFaults(write_fails=1), sqlite3.SQLITE_IOERR_WRITE),
        (DiskFaults(sync_fails=1), sqlite3.SQLITE_IOERR_FSYNC),
    ],
)
async def test_a_fault_of_the_disk_is_an_operational_error_with_its_code(
    faults: DiskFaults, code: int
) -> None:
    disk = Disk(Random(17))
    async with open_connection(disk, "/a.db", Life()) as connection:
        engine = InlineEngine(connection, Life())
        await engine.run(own)
        await engine.run(database.prepare_writer, Path("/a.db"))
        disk.faults = faults
        with pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("INSERT INTO merchants (id, name) VALUES ('mer_a', ?)", ["x" * 9000])
        assert code == caught.value.sqlite_errorcode
        assert not connection.in_transaction


@pytest.mark.parametrize(
    ("statements", "lies"),
    [
        (["INSERT INTO one VALUES (1)"], 1),
        (["BEGIN", "INSERT INTO one VALUES (1)", "COMMIT"], 1),
        (["BEGIN", "INSERT INTO one VALUES (1)", "ROLLBACK"], 0),
        (["BEGIN", "INSERT INTO one VALUES (1)", "SELECT * FROM one"], 0),
        (["SELECT * FROM one", "PRAGMA user_version"], 0),
    ],
)
def test_only_a_commit_that_took_place_reports_an_error_all_the_same(
    statements: list[str], lies: int
) -> None:
    vfs = SimulatedVfs(Disk(Random(17)))
    codes: list[int] = []
    lie = [None, apsw.SQLITE_IOERR_WRITE]
    with closing(SimulatedConnection(apsw.Connection("/a.db", vfs=vfs.name), lambda: lie[-1])) as connection:
        lie.append(None)
        connection.executescript("CREATE TABLE one (id INTEGER)")
        lie.pop()
        for statement in statements:
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                codes.append(error.sqlite_errorcode)
        rows = connection.execute("SELECT count(*) FROM one").fetchall()
    vfs.unregister()
    assert [apsw.SQLITE_IOERR_WRITE] * lies == codes
    assert [(0 if "ROLLBACK" in statements or statements[0].startswith("SELECT") else 1,)] == rows


async def test_a_log_cannot_begin_before_the_connection_is_the_only_one() -> None:
    async with open_connection(Disk(Random(17)), "/a.db", Life()) as connection:
        with pytest.raises(StorageCannotOpen):
            await InlineEngine(connection, Life()).run(database.prepare_writer, Path("/a.db"))
