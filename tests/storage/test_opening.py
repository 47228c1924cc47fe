"""A database that cannot be used is said so to the operator, in one sentence."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio

from pgw.storage import database, migrations
from pgw.storage.port import StorageCannotOpen
from pgw.storage.sqlite import open_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = 65534


async def _sentence_of(path: Path) -> str:
    """Open a database that cannot be opened; return the one sentence that says why, without its path."""
    with pytest.RaisesGroup(StorageCannotOpen, allow_unwrapped=True, flatten_subgroups=True) as raised:
        async with open_storage(path, lambda _: None):
            pytest.fail("it opened")
    error: BaseException = raised.value
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    assert str(error).count(str(path)) == 1
    return str(error).replace(str(path), "PATH")


def _is_no_database(path: Path) -> None:
    path.write_bytes(b"These are my shopping lists of last year.\n" * 100)


def _is_damaged(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(migrations.migrations()[0])
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)


def _is_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")


def _is_another_programs(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE payments (id)")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_is_no_database, "The database PATH cannot be used: file is not a database."),
        (_is_damaged, "The database PATH cannot be used: database disk image is malformed."),
        (_is_newer, "The database PATH was written by a newer version of pgw."),
        (_is_another_programs, "The database PATH is another program's."),
        (Path.mkdir, "The database PATH cannot be opened: unable to open database file."),
    ],
)
async def test_a_file_that_is_not_ours_to_use(
    make: Callable[[Path], None], sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "pgw.db"
    make(path)
    assert sentence == await _sentence_of(path)


async def test_another_programs_tables_are_left_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    _is_another_programs(path)
    await _sentence_of(path)
    with closing(sqlite3.connect(path)) as connection:
        assert [("payments",)] == connection.execute("SELECT name FROM sqlite_schema").fetchall()


async def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    sentence = await _sentence_of(tmp_path / "missing" / "pgw.db")
    assert sentence == "The database PATH cannot be written: No such file or directory."


@contextmanager
def _as_nobody() -> Iterator[Path]:
    """Give a folder and, to a test that runs as root, an account that file permissions hold for."""
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.chown(folder, NOBODY, -1)
            os.seteuid(NOBODY)
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


async def test_a_folder_that_cannot_be_written() -> None:
    with _as_nobody() as folder:
        folder.chmod(0o500)
        sentence = await _sentence_of(folder / "pgw.db")
    assert sentence == "The database PATH cannot be written: Permission denied."


@pytest.mark.parametrize("used_before", [True, False])
async def test_a_file_that_can_only_be_read(used_before: bool) -> None:
    with _as_nobody() as folder:
        path = folder / "pgw.db"
        if used_before:
            async with open_storage(path, lambda _: None):
                pass
        path.touch()
        path.chmod(0o400)
        sentence = await _sentence_of(path)
    assert sentence == "The database PATH cannot be used: attempt to write a readonly database."


async def test_after_a_refusal_the_database_can_be_opened(tmp_path: Path) -> None:
    """The refusal released the lock and closed the file."""
    path = tmp_path / "pgw.db"
    _is_newer(path)
    await _sentence_of(path)
    path.unlink()
    with trio.fail_after(10):
        async with open_storage(path, lambda _: None) as storage:
            assert await storage.check()


async def test_a_log_that_another_program_reads_cannot_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failed fsync it need not be on disk, so nothing may be built on it."""
    monkeypatch.setitem(database._WRITER_PRAGMAS, "busy_timeout", 50)
    path = tmp_path / "pgw.db"
    async with open_storage(path, lambda _: None):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("UPDATE newest_group SET number = number")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM newest_group").fetchall()
        sentence = "The database PATH is being read by another program; end that first."
        assert sentence == await _sentence_of(path)
        reader.execute("COMMIT")
        async with open_storage(path, lambda _: None):
            assert (tmp_path / "pgw.db-wal").stat().st_size == 0
