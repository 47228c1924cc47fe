"""Runs small programs for Node.js beside the packages in `tests/node`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "node"
SECONDS = 60


def run_node(program: str, given: str) -> str:
    """Run a program of `tests/node` with this on its standard input, and return what it prints.

    Skips the test where Node.js or its packages are missing, unless `PGW_NODE_REQUIRED` is set.
    """
    is_there = shutil.which("node") is not None and (FOLDER / "node_modules").is_dir()
    if not is_there and "PGW_NODE_REQUIRED" not in os.environ:
        pytest.skip("Node.js or its packages are not at hand (`make test` installs them with npm)")
    command = ["node", str(FOLDER / program)]
    ran = subprocess.run(command, input=given, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
