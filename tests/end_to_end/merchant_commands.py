"""A merchant's commands as a developer runs them: processes that print what they hear."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from click.testing import CliRunner

from pgw.cli import main
from tests.end_to_end.commands import Ended
from tests.end_to_end.programs import Program, eventually

if TYPE_CHECKING:
    from pathlib import Path


def ended(*arguments: str, key: str | None = "ap_123") -> Ended:
    """Run a command that ends by itself in this process, which saves its start."""
    environment = dict.fromkeys(name for name in os.environ if name.startswith("PGW_"))
    # How the tests log is not the command's to say.
    with patch("pgw.cli.running.logs.set_up"):
        result = CliRunner().invoke(main, arguments, env={**environment, "PGW_KEY": key})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


class MerchantCommand(Program):
    """`pgw watch` or `pgw listen`; its standard output goes to a file, its standard error is collected."""

    def __init__(self, output: Path, *command: str, key: str | None = "ap_123", **variables: str) -> None:
        self._output = output
        environment = variables if key is None else {"PGW_KEY": key, **variables}
        with output.open("w") as file:
            super().__init__("pgw", *command, environment=environment, stdout=file.fileno())

    @property
    def out(self) -> list[str]:
        return self._output.read_text(encoding="utf-8").splitlines()

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out]

    def wait_for_line(self, *texts: str, seconds: float = 60) -> str:
        """Wait for longer than others: the command starts within it, on a machine that may be busy."""
        return super().wait_for_line(*texts, seconds=seconds)

    def wait_for_output(self, *texts: str, seconds: float = 60) -> str:
        """Return the first printed line with all of these in it."""

        def found() -> str | None:
            return next((line for line in self.out if all(text in line for text in texts)), None)

        eventually(lambda: found() is not None, seconds)
        line = found()
        assert line is not None
        return line

    def interrupted(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        return self.end(signal.SIGINT, seconds=30)
