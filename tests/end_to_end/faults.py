"""Faults that are forced on real processes and real disks."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.programs import Gateway, Program

MISTAKE = 2
NO_BANK = "http://127.0.0.1:9"


class FaultyGateway(Gateway):
    """The gateway's own program, in which faults can be switched on."""

    module = "tests.end_to_end.faulty_gateway"

    def __init__(self, database: Path, bank_url: str, *arguments: str) -> None:
        self._faults = database.with_name("faults")
        super().__init__(database, bank_url, *arguments, FAULTS_FILE=str(self._faults))

    def have(self, *names: str) -> None:
        self._faults.write_text(" ".join(names))


@contextmanager
def faulty_gateway(database: Path, bank_url: str, *arguments: str) -> Iterator[FaultyGateway]:
    gateway = FaultyGateway(database, bank_url, *arguments)
    try:
        yield gateway
    finally:
        gateway.process.kill()
        gateway.ended()


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """Mount over a folder; skip the test where this account or this machine cannot."""
    mount = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if mount.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, *options: str) -> None:
    subprocess.run(["mount", "-o", ",".join(["remount", *options]), str(folder)], check=True)


def small_disk(folder: Path, megabytes: int) -> Any:
    """Mount a file system of so many megabytes."""
    folder.mkdir()
    return mounted(folder, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs")


def fill(folder: Path) -> Path:
    """Fill a disk to its last byte, and return the file to delete."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


def refusals_to_start(*databases: Path, seconds: float = 20) -> list[str]:
    """Start gateways that cannot start, all at once; return the one sentence of each."""
    fixed = ("pgw", "serve", "--port", "0", "--demo-keys", "--bank-url", NO_BANK)
    programs = [Program(*fixed, "--database", str(database)) for database in databases]
    assert [MISTAKE] * len(programs) == [program.ended(seconds) for program in programs]
    sentences = []
    for program, database in zip(programs, databases, strict=True):
        *usage, sentence = program.lines
        assert not [line for line in usage if not line.startswith(("Usage:", "Try ", "\n"))], program.lines
        sentences.append(sentence.removeprefix("Error: ").rstrip("\n").replace(str(database), "PATH"))
    return sentences


def copied(gateway: Gateway, path: Path) -> Path:
    """Copy the database of a gateway that runs, as it is at one moment."""
    source = f"{gateway.database.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as used, closing(sqlite3.connect(path)) as copy:
        used.backup(copy)
    return path


def references(gateway: Gateway, accepted: list[httpx.Response]) -> list[str]:
    """Return what the bank knows accepted payments by, in order."""
    assert [202] * len(accepted) == [answer.status_code for answer in accepted]
    return sorted(gateway.reference_of(answer.json()) for answer in accepted)
