"""The run itself, in short: `make reconnects` runs it at length, and plants the other bugs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.programs import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 120


def reconnects(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.reconnects", "--seed", "1", *options],
        cwd=PROJECT,
        env={"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_streams_that_are_left_and_lost_and_resumed_tell_each_event_once(tmp_path: Path) -> None:
    run = reconnects(tmp_path, "--events", "600", "--reconnects", "80", "--kills", "1")
    assert 0 == run.returncode, run.stdout
    assert "kills       1 of the gateway\n" in run.stdout
    assert run.stdout.endswith("Every client heard each of its events once, in order.\n")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.long
def test_a_gateway_that_reads_nothing_once_it_is_subscribed_is_caught_and_its_files_are_kept(
    tmp_path: Path,
) -> None:
    options = ("--events", "1200", "--reconnects", "120", "--kills", "2", "--bug", "skips_second_read")
    run = reconnects(tmp_path, *options)
    assert 1 == run.returncode, run.stdout
    assert "WRONG: follower of mer_" in run.stdout
    (kept,) = tmp_path.iterdir()
    assert f"The files are kept in {kept}\n" in run.stdout
    assert {"pgw.db", "gateway.log", "bank.log"} <= {path.name for path in kept.iterdir()}
