"""Commands of an operator, each a process of its own, that print JSON."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import trio

from tests.end_to_end.programs import PROJECT, environment_without_settings


async def run(folder: Path, database: Path, *command: str) -> tuple[int, Sequence[Mapping[str, Any]]]:
    """Run it on the database, and return its status and its lines. What it says is kept in a log there."""
    log = folder / f"{command[0]}.log"
    return await run_module(log, "pgw", *command, "--json", "--database", str(database))


async def run_module(log: Path, module: str, *arguments: str) -> tuple[int, Sequence[Mapping[str, Any]]]:
    """Run a module of the project, and return its status and its lines of JSON."""
    ended = await trio.run_process(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT,
        env=environment_without_settings(),
        stdin=subprocess.DEVNULL,
        capture_stdout=True,
        capture_stderr=True,
        check=False,
    )
    await trio.Path(log).write_bytes(ended.stdout + ended.stderr)
    lines = ended.stdout.decode().splitlines()
    return ended.returncode, [json.loads(line, parse_float=Decimal) for line in lines]
