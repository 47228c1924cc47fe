"""The program itself: what is planted it finds and says how to find again; what it asks for it is told."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from tests.end_to_end.programs import PROJECT
from tests.fuzz.__main__ import main


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)


def test_a_planted_bug_is_found_and_found_again_by_what_is_printed() -> None:
    found = fuzz("--bug", "cvv_in_traceback", "--inputs", "150", "--part", "raw", "--seed", "1")
    assert "inputs      150: " in found.stdout, found.stdout + found.stderr
    lines = found.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("WRONG: leak in log: CVV in"))
    _, _, again = lines[at + 1].partition("again: python -m tests.fuzz ")
    once_more = fuzz(*again.split())
    assert "inputs      1: " in once_more.stdout, once_more.stdout + once_more.stderr
    assert "WRONG: leak in log: CVV in" in once_more.stdout
    assert [1, 1] == [found.returncode, once_more.returncode]


@pytest.mark.parametrize("arguments", [("--replay", "x"), ("--inputs", "0"), ("--bug", "none")])
def test_what_makes_no_sense_is_said_and_does_nothing(arguments: tuple[str, ...]) -> None:
    refused = CliRunner().invoke(main, arguments)
    assert (2, "") == (refused.exit_code, refused.stdout)
    assert "Error: Invalid value" in refused.stderr
