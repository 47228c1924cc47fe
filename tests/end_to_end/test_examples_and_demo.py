"""What a newcomer runs first."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.end_to_end.programs import PROJECT, Program, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.programs import Gateway

UNREACHABLE = "The gateway is not reachable at http://127.0.0.1:1. Is it running? Try: pgw demo"


@pytest.mark.parametrize("example", ["pay_and_poll.py", "pay_and_listen.py"])
def test_an_example_says_what_became_of_the_payment(example: str, gateway: Gateway) -> None:
    def started(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, f"examples/{example}", *options]
        return subprocess.Popen(command, cwd=PROJECT, stdout=-1, stderr=subprocess.STDOUT, text=True)

    runs = {
        ("--card", "3782 822463 10005"): (0, "Approved"),
        ("--card", "4000000000000002"): (1, "Declined"),
        ("--card", "4000009900000038"): (0, "Approved"),
        ("--key", "nobody's"): (1, "Refused: "),
        ("--url", "http://127.0.0.1:1"): (1, UNREACHABLE),
    }
    processes = [started("--url", gateway.url, *options) for options in runs]
    for process, (exit_code, outcome) in zip(processes, runs.values(), strict=True):
        said, _ = process.communicate(timeout=20)
        assert (exit_code, True) == (process.returncode, outcome in said.splitlines()[-1])
        assert said.isprintable() or said.replace("\n", "").isprintable()


def test_the_demo_does_what_it_says_and_ends_on_ctrl_c_with_nothing_left(tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    demo = Program("pgw", "demo", "--port", "0", "--bank-port", "0", environment=environment)
    demo.wait_for_line("Ctrl-C ends the demo")
    text = "".join(demo.lines)
    command = re.search(r"curl -i .*?}}'", text, re.DOTALL)
    assert command is not None
    _, _, url, _, authorization, _, media_type, _, body = shlex.split(command[0])
    headers = dict(header.split(": ") for header in (authorization, media_type))
    accepted = httpx.post(url, content=body, headers=headers)
    job_url = url.replace("/payments", accepted.headers["Location"])
    job = httpx.get(job_url, headers=headers | {"Prefer": "wait=10"}).json()
    assert ("Completed", "Approved") == (job["status"], job["paymentStatus"])
    ledger = re.search(r"curl (http://\S+/ledger)", text)
    assert ledger is not None
    assert 1 == httpx.get(ledger[1]).json()["count"]
    example = re.search(r"(\S*python\S* examples/\S+ --url \S+)", text)
    assert example is not None
    assert (
        0
        == subprocess.run(shlex.split(example[1]), cwd=PROJECT, timeout=20, check=False, stdout=-1).returncode
    )

    os.killpg(demo.process.pid, signal.SIGINT)  # a terminal's Ctrl-C goes to all
    assert 0 == demo.ended()
    assert "Traceback" not in "".join(demo.lines)
    eventually(lambda: not is_alive(demo.process.pid))
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("mistaken", ["--port", "--bank-port"])
def test_a_port_in_use_ends_the_demo_with_one_sentence(mistaken: str, gateway: Gateway) -> None:
    free = {"--port": "0", "--bank-port": "0"} | {mistaken: str(gateway.address[1])}
    demo = Program("pgw", "demo", *(word for option in free.items() for word in option))
    assert 2 == demo.ended()
    (line,) = demo.lines
    assert line.lower().startswith(
        f"error: cannot listen on 127.0.0.1:{gateway.address[1]}: address already in use"
    )
    assert not is_alive(demo.process.pid)


def is_alive(group: int) -> bool:
    """Tell whether a process of this group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
