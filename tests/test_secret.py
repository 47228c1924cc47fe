"""The secret file: made once beside the database, or given; refused where it is not safe to use."""

from __future__ import annotations

import hmac
import os
import stat
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgw.ports import SystemRandomness
from pgw.secret import LARGEST_BYTES, CannotUseSecret, derived, read_secret

if TYPE_CHECKING:
    from collections.abc import Callable

GIVEN = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "pgw.db"


def read(given: Path | None, database: Path) -> bytes:
    return read_secret(given, database, SystemRandomness())


def refused(given: Path | None, database: Path) -> str:
    """Return the sentence about the file, without its name."""
    with pytest.raises(CannotUseSecret) as refusal:
        read(given, database)
    sentence = str(refusal.value)
    assert GIVEN.decode() not in sentence
    return sentence.removeprefix(f"The secret file {given or f'{database}.secret'} ")


def given_file(tmp_path: Path, content: bytes = GIVEN, mode: int = 0o600) -> Path:
    path = tmp_path / "given"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_it_is_made_beside_the_database_at_the_first_start_and_read_at_the_next(database: Path) -> None:
    secret = read(None, database)
    (made,) = database.parent.iterdir()
    assert (f"{database}.secret", 0o600) == (str(made), stat.S_IMODE(made.stat().st_mode))
    assert 256 >= int(made.read_text(), 16).bit_length() > 128
    assert f"{secret.decode()}\n" == made.read_text()
    assert (64, secret) == (len(secret), read(None, database))


def test_it_is_private_whatever_mask_the_process_has(database: Path) -> None:
    before = os.umask(0o777)
    try:
        read(None, database)
    finally:
        os.umask(before)
    assert 0o600 == stat.S_IMODE(Path(f"{database}.secret").stat().st_mode)


def test_two_databases_have_two_secrets(tmp_path: Path) -> None:
    assert read(None, tmp_path / "a.db") != read(None, tmp_path / "b.db")


def test_it_is_beside_the_database_that_a_link_leads_to(tmp_path: Path, database: Path) -> None:
    (tmp_path / "data").mkdir()
    database.symlink_to(tmp_path / "data" / "real.db")
    read(None, database)
    assert ["real.db.secret"] == [one.name for one in (tmp_path / "data").iterdir()]


def test_it_is_durable_before_it_has_its_name_and_its_name_before_it_is_used(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def noting(name: str, step: Callable[..., None]) -> Callable[..., None]:
        def noted(*arguments: object) -> None:
            is_folder = name == "fsync" and stat.S_ISDIR(os.fstat(int(str(arguments[0]))).st_mode)
            steps.append("fsync of the folder" if is_folder else name)
            step(*arguments)

        return noted

    for name in ("fsync", "link"):
        monkeypatch.setattr(f"pgw.secret.os.{name}", noting(name, getattr(os, name)))
    read(None, database)
    assert ["fsync", "link", "fsync of the folder"] == steps


def test_one_that_was_made_meanwhile_is_left_as_it_is_and_used(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Path(f"{database}.secret")
    link = os.link

    def link_late(source: Path, target: Path) -> None:
        given_file(database.parent).rename(theirs)
        link(source, target)

    monkeypatch.setattr("pgw.secret.os.link", link_late)
    assert GIVEN == read(None, database)
    assert ([theirs], GIVEN) == ([*database.parent.iterdir()], theirs.read_bytes())


def test_what_cannot_be_made_whole_leaves_nothing(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pgw.secret.os.fsync", full)
    assert "cannot be used: No space left on device." == refused(None, database)
    assert [] == [*database.parent.iterdir()]


@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n"])
def test_a_given_one_is_taken_as_it_is_but_for_its_line_end(
    line_end: bytes, tmp_path: Path, database: Path
) -> None:
    content = b"\x00 \xff" + GIVEN
    assert content == read(given_file(tmp_path, content + line_end, 0o400), database)
    assert not Path(f"{database}.secret").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty."),
        (b"\r\n\n", "is empty."),
        (GIVEN[1:], "holds fewer than 32 bytes."),
        (GIVEN[1:] + b"\n", "holds fewer than 32 bytes."),
        (b"x" * (LARGEST_BYTES + 1), f"holds more than {LARGEST_BYTES} bytes."),
    ],
)
def test_one_of_a_wrong_size_is_refused(
    content: bytes, sentence: str, tmp_path: Path, database: Path
) -> None:
    assert sentence == refused(given_file(tmp_path, content), database)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_one_that_others_can_open_is_refused(mode: int, tmp_path: Path, database: Path) -> None:
    expected = "is open to others than its owner; use chmod 600."
    assert expected == refused(given_file(tmp_path, mode=mode), database)


def test_the_one_beside_the_database_is_judged_alike(database: Path) -> None:
    path = Path(f"{database}.secret")
    path.touch(0o600)
    assert "is empty." == refused(None, database)
    assert b"" == path.read_bytes()


def test_one_that_is_missing_or_no_file_is_refused_and_not_made(tmp_path: Path, database: Path) -> None:
    assert "cannot be used: No such file or directory." == refused(tmp_path / "none", database)
    assert "is no regular file." == refused(tmp_path, database)
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "is no regular file." == refused(tmp_path / "pipe", database)
    assert ["pipe"] == [one.name for one in tmp_path.iterdir()]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_one_that_cannot_be_read_is_refused(tmp_path: Path, database: Path) -> None:
    assert "cannot be used: Permission denied." == refused(given_file(tmp_path, mode=0), database)


def test_a_link_that_leads_nowhere_is_refused(database: Path) -> None:
    Path(f"{database}.secret").symlink_to("nowhere")
    assert "cannot be used: No such file or directory." == refused(None, database)


def test_a_secret_for_one_purpose_is_hkdfs_first_block_and_tells_nothing_of_another() -> None:
    secret = bytes(range(32))
    assert hmac.new(secret, b"purpose\x01", sha256).digest() == derived(secret, "purpose")
    assert 3 == len({secret, derived(secret, "purpose"), derived(secret, "purpose 2")})
