"""The torture itself, in short: `make torture` runs it at length."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.programs import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.long
SECONDS = 150
SEED = 3
# Answers 202 to every fifth payment without having kept it.
FORGETFUL = """
from itertools import count
from pgw.domain.result import Ok
from pgw.storage.sqlite import SqliteStorage

keep, numbers = SqliteStorage.write, count()

async def forget(self, change):
    if change.attempt.outcome == "Intended" and next(numbers) % 5 == 4:
        return Ok(None)
    return await keep(self, change)

SqliteStorage.write = forget
"""
# Takes an operation of which the bank's answer was lost for failed, though its money may have moved.
GUESSING = """
from pgw.actors import job, outcome
from pgw.bank.port import Doubtful
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode

judge = outcome.outcome_of

def guess(ports, change, answer, tries, **said):
    if change.job.is_payment or not isinstance(answer, Doubtful):
        return judge(ports, change, answer, tries, **said)
    now = ports.clock.now()
    attempt = change.attempt.ended(AttemptOutcome.NOT_PROCESSED, tries, now)
    return outcome.failing(change, FailureCode.INTERRUPTED, attempt, now)

job.outcome_of = guess
"""


def torture(folder: Path, rounds: int, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    command = (sys.executable, "-m", "tests.torture", "--rounds", str(rounds), "--seed", str(SEED))
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1", **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
    )


def processes_of(folder: Path) -> list[str]:
    """Return the commands of the processes that work on files of the folder."""
    commands: list[str] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(path.read_text(errors="replace"))
        except OSError:  # it has ended meanwhile
            continue
    return [command for command in commands if str(folder) in command]


def test_a_round_is_survived_judged_and_cleaned_up(tmp_path: Path) -> None:
    with torture(tmp_path, rounds=1) as running:
        text, _ = running.communicate(timeout=SECONDS)
    assert 0 == running.returncode, text
    assert "sound up to round 1 of 1\n" in text
    assert re.search(r"payments    [1-9]\d*: .*\d+ Approved", text), text
    assert re.search(r"operations  [1-9]\d*: ", text), text
    assert re.search(r"timeline    verified [2-9] times", text), text
    assert ([], []) == (list(tmp_path.iterdir()), processes_of(tmp_path))


def test_ctrl_c_judges_what_was_done_and_says_how_to_go_on(tmp_path: Path) -> None:
    with torture(tmp_path, rounds=1000) as running:
        assert running.stdout is not None
        said = [running.stdout.readline(), running.stdout.readline()]
        running.send_signal(signal.SIGINT)
        text, _ = running.communicate(timeout=SECONDS)
    assert ("torture: 1000 rounds", "round 1:") == (said[0][:20], said[1][:8])
    assert 130 == running.returncode, text
    judged = re.search(r"rounds      (\d+) judged", text)
    assert judged is not None
    assert 1 <= int(judged[1]) <= 2
    rest = f"--rounds {1000 - int(judged[1])} --seed {SEED} --first {1 + int(judged[1])}"
    assert f"go on with  {rest}\n" in text
    assert ([], []) == (list(tmp_path.iterdir()), processes_of(tmp_path))


@pytest.mark.parametrize(
    ("bug", "finding"),
    [
        (FORGETFUL, "WRONG: .* and is lost\n"),
        (GUESSING, "WRONG: StoredOperation.* stands 1 times at the bank"),
    ],
    ids=["forgets what it accepted", "guesses what became of an operation"],
)
def test_a_gateway_with_a_bug_is_caught_and_its_files_are_kept(
    bug: str, finding: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(bug)
    (tmp_path / "kept").mkdir()
    with torture(tmp_path / "kept", rounds=1, environment={"PYTHONPATH": str(tmp_path)}) as running:
        text, _ = running.communicate(timeout=SECONDS)
    assert 1 == running.returncode, text
    assert re.search(finding, text), text
    (kept,) = (tmp_path / "kept").iterdir()
    assert f"The files are kept in {kept}\n" in text
    assert {"pgw.db", "ledger", "gateway.log", "bank.log"} <= {path.name for path in kept.iterdir()}
    assert [] == processes_of(tmp_path)
