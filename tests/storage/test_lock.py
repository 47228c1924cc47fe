"""One process to a database: the lock is held by the process, and dies with it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pgw.storage import database
from pgw.storage.port import StorageCannotOpen
from pgw.storage.sqlite import open_storage

OPEN = """
import sys, trio
from pathlib import Path
from pgw.storage.port import StorageCannotOpen
from pgw.storage.sqlite import open_storage

async def main():
    async with open_storage(Path(sys.argv[1]), lambda events: None):
        print("open", flush=True)
        await trio.to_thread.run_sync(sys.stdin.read)

try:
    trio.run(main)
except* StorageCannotOpen as refused:
    while isinstance(refused, ExceptionGroup):
        refused, = refused.exceptions
    print(refused, flush=True)
"""


@contextmanager
def _another_process(path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a process that opens the database; give it and what it says."""
    with subprocess.Popen(
        [sys.executable, "-c", OPEN, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def _is_locked(path: Path) -> bool:
    try:
        with database.lock(path):
            return False
    except StorageCannotOpen as error:
        return str(error) == f"The database {path} is in use by another process."


def test_a_second_opener_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    with _another_process(path) as (process, said):
        assert said == "open"
        assert _is_locked(path)
        process.communicate(timeout=10)
        assert not _is_locked(path)


async def test_another_process_is_refused_by_ours(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    async with open_storage(path, lambda _: None) as storage:
        with _another_process(path) as (_, said):
            assert said == f"The database {path} is in use by another process."
        assert await storage.check()


def test_the_lock_dies_with_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    with _another_process(path) as (process, said):
        assert said == "open"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert not _is_locked(path)


def test_a_lock_left_in_the_folder_is_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    path.with_name("pgw.db.lock").touch()
    assert not _is_locked(path)


def test_only_its_owner_may_open_the_lock_file(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    with database.lock(path):
        assert path.with_name("pgw.db.lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_file_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    path.with_name("pgw.db.lock").mkdir()
    with (
        pytest.raises(StorageCannotOpen, match=r"cannot be written: Is a directory\.$"),
        database.lock(path),
    ):
        pytest.fail("it was locked")


def test_a_link_to_a_database_is_the_same_database(tmp_path: Path) -> None:
    path, link = tmp_path / "pgw.db", tmp_path / "link.db"
    path.touch()
    link.symlink_to(path)
    with database.lock(path), pytest.raises(StorageCannotOpen, match="in use"), database.lock(link):
        pass
