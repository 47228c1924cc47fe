"""What an operator sees at the start."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.end_to_end.programs import PROJECT, environment_without_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Simulator

COLOUR, PLAIN = "\x1b[", ("NO_COLOR", "FORCE_COLOR")


def read_until(terminal: int, text: str, seconds: float = 10) -> str:
    """Read what the program says on its terminal until it says so."""
    said, give_up_at = "", time.monotonic() + seconds
    while text not in said:
        left = give_up_at - time.monotonic()
        assert left > 0, said
        if select.select([terminal], [], [], left)[0]:
            said += os.read(terminal, 65_536).decode()
    return said


def said_on_a_terminal(*arguments: str) -> tuple[str, int]:
    """Run a gateway whose standard error is a terminal; return what it said, and its exit code."""
    ours, its = pty.openpty()
    environment = {name: value for name, value in environment_without_settings().items() if name not in PLAIN}
    command = [sys.executable, "-m", "pgw", "serve", "--port", "0", *arguments]
    program = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=its, start_new_session=True)
    try:
        said = read_until(ours, "Ready")
        program.terminate()
        said += read_until(ours, "Stopped")
        return said, program.wait(10)
    finally:
        program.kill()
        program.wait()
        os.close(its)
        os.close(ours)


def test_on_a_terminal_lines_are_for_people_and_in_colour(tmp_path: Path, simulator: Simulator) -> None:
    arguments = ("--database", str(tmp_path / "pgw.db"), "--bank-url", simulator.url)
    said, exit_code = said_on_a_terminal(*arguments)
    assert 0 == exit_code
    # The last is cut off where it was found to be the last.
    lines = said.replace("\r", "").splitlines()[:-1]
    assert [] == [line for line in lines if COLOUR not in line or "{" in line]
    assert any("Ready" in line and simulator.url in line for line in lines)


def test_on_a_terminal_json_is_had_for_the_asking(tmp_path: Path, simulator: Simulator) -> None:
    arguments = ("--database", str(tmp_path / "pgw.db"), "--bank-url", simulator.url, "--log-format", "json")
    said, exit_code = said_on_a_terminal(*arguments)
    assert (0, False) == (exit_code, COLOUR in said)
    (ready,) = [line for line in said.splitlines() if '"Ready"' in line]
    assert simulator.url == json.loads(ready)["Bank"]


def test_a_bank_that_is_not_there_at_start_is_warned_of(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gone = start_simulator()
    gone.end()
    gateway = start_gateway(tmp_path / "pgw.db", gone.url)
    line = json.loads(gateway.wait_for_line('"BankNotReachable"'))
    assert ("warning", gone.url) == (line["Level"], line["Bank"])
    assert 200 == gateway.client.get("/health/ready").status_code


def test_a_bank_that_is_there_is_not_warned_of(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url)
    assert "Approved" == gateway.settled(gateway.pay())["paymentStatus"]
    assert 0 == gateway.end()
    assert [] == [line for line in gateway.lines if '"BankNotReachable"' in line]
