"""A database that cannot be used: one sentence, exit code 2, and the file as it was."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.faults import copied, mounted, refusals_to_start, remount, small_disk
from tests.end_to_end.programs import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Simulator

PAYMENTS = 60
FRAME_BYTES = 4096 + 24
PAGE = 4096


@pytest.fixture(scope="module")
def used(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the content of a database that a gateway pays with."""
    for _ in range(PAYMENTS):
        accepted = gateway.pay(description="x" * 200)
    gateway.settled(accepted)
    return copied(gateway, tmp_path_factory.mktemp("used") / "pgw.db").read_bytes()


def overwritten(content: bytes, offset: int, length: int) -> bytes:
    return content[:offset] + b"\xa5" * length + content[offset + length :]


def a_page_of(content: bytes, needle: bytes) -> int:
    """Return where the page begins that has the first row with this in it."""
    return content.index(needle) // PAGE * PAGE


DAMAGES: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "header": (lambda whole: overwritten(whole, 0, 100), "cannot be used: file is not a database."),
    "middle": (lambda whole: overwritten(whole, a_page_of(whole, b"x" * 200), PAGE), "is damaged ("),
    "schema": (lambda whole: overwritten(whole, 100, 500), "cannot be used: database disk image is malf"),
    "half": (lambda whole: whole[: len(whole) // 2 // PAGE * PAGE], "cannot be used: database disk image"),
    "newer": (lambda whole: whole[:60] + (999).to_bytes(4, "big") + whole[64:], "was written by a newer"),
}


def test_a_damaged_or_newer_file_is_refused_and_left_as_it_is(used: bytes, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in DAMAGES]
    contents = [damage(used) for damage, _ in DAMAGES.values()]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    for said, (_, sentence) in zip(refusals_to_start(*paths), DAMAGES.values(), strict=True):
        assert said.startswith(f"The database PATH {sentence}"), said
        assert said.endswith(".")
    assert contents == [path.read_bytes() for path in paths]


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (id)")
    before = path.read_bytes()
    assert ["The database PATH is another program's."] == refusals_to_start(path)
    assert before == path.read_bytes()


def test_what_is_no_file_or_has_no_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert [
        "Invalid value for '--database' (env var: 'PGW_DATABASE'): 'PATH' names no file.",
        "The database PATH cannot be written: No such file or directory.",
    ] == refusals_to_start(tmp_path / "folder", tmp_path / "missing" / "pgw.db")


def test_a_disk_that_can_only_be_read_is_one_sentence(used: bytes, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        (disk / "pgw.db").write_bytes(used)
        remount(disk, "ro")
        said = refusals_to_start(disk / "pgw.db")
        assert ["The database PATH cannot be written: Read-only file system."] == said
        assert used == (disk / "pgw.db").read_bytes()


def test_a_file_that_can_only_be_read_is_one_sentence(used: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pgw.db"
    path.write_bytes(used)
    with mounted(path, "--bind", str(path)):
        remount(path, "bind", "ro")
        said = refusals_to_start(path)
        assert ["The database PATH cannot be used: attempt to write a readonly database."] == said
        assert used == path.read_bytes()


def test_a_second_gateway_on_the_same_database_is_refused_also_by_a_link(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    path, link = tmp_path / "pgw.db", tmp_path / "link.db"
    first = start_gateway(path, simulator.url)
    link.symlink_to(path)
    refused = "The database PATH is in use by another process."
    assert [refused] * 2 == refusals_to_start(path, link)
    assert "Approved" == first.settled(first.pay())["paymentStatus"]


def test_a_log_that_was_cut_short_has_what_is_whole_in_it(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    """A power cut leaves one like it, behind what was acknowledged; it is no reason not to start."""
    path = tmp_path / "pgw.db"
    killed = start_gateway(path, simulator.url)
    jobs = [killed.settled(killed.pay()) for _ in range(5)]
    killed.end(signal.SIGKILL)
    log = path.with_name("pgw.db-wal")
    log.write_bytes(log.read_bytes()[: -FRAME_BYTES // 2])
    again = start_gateway(path, simulator.url)
    for job in jobs[:-1]:
        assert job == again.client.get(f"/jobs/{job['jobId']}").json()
    assert "Approved" == again.settled(again.pay())["paymentStatus"]
    assert [("ok",)] == again.rows("PRAGMA integrity_check")
