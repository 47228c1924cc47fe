"""The run itself, in short: `make webhooks` has 10,000 and shows that planted bugs are caught."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.programs import PROJECT
from tests.webhook_torture.planted import BUGS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECONDS = 150


def torture(folder: Path, webhooks: int, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Return its exit code and what it said."""
    options = ("--webhooks", str(webhooks), "--kills", "1", "--seed", "1")
    ended = subprocess.run(
        (sys.executable, "-m", "tests.webhook_torture", *options),
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(folder), **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_webhooks_reach_an_endpoint_in_trouble_over_a_kill_and_nothing_is_left_behind(tmp_path: Path) -> None:
    status, text = torture(tmp_path, 120)
    assert 0 == status, text
    assert "killed after" in text
    assert re.search(r"troubled    1\d\d webhooks", text), text
    assert [] == list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught_and_the_files_are_kept(tmp_path: Path, bug: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(BUGS[bug].code)
    (tmp_path / "kept").mkdir()
    status, text = torture(tmp_path / "kept", BUGS[bug].webhooks, {"PYTHONPATH": str(tmp_path)})
    assert 1 == status, text
    assert re.search(f"WRONG: .*{BUGS[bug].finding}", text), text
    (kept,) = (tmp_path / "kept").iterdir()
    assert f"are kept in {kept}\n" in text
    assert {"pgw.db", "received", "gateway.log"} <= {path.name for path in kept.iterdir()}
