"""What a newcomer runs first."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.client.signing import ID, OTHER_SECRET, SECRET, payload, signed
from tests.end_to_end.commands import ANSWER_LOST
from tests.end_to_end.merchant_commands import MerchantCommand
from tests.end_to_end.operating import CAPTURE_DECLINED, CAPTURE_LOST, REFUND_DECLINED, REFUND_LOST
from tests.end_to_end.programs import (
    PROJECT,
    Program,
    ended_with,
    environment_without_settings,
    eventually,
    order,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Gateway, Simulator

ODD_HEADERS = (
    *(("webhook-id", "whd_other"), ("webhook-timestamp", "9" * 6000), ("webhook-timestamp", "x")),
    *(("webhook-signature", "v1,"), ("webhook-signature", ""), ("webhook-id", "")),
)
UNREACHABLE = "The gateway is not reachable at http://127.0.0.1:1. Is it running? Try: pgw demo"


@pytest.mark.parametrize("example", ["pay_and_poll.py", "pay_and_listen.py"])
def test_an_example_says_what_became_of_the_payment(example: str, gateway: Gateway) -> None:
    def started(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, f"examples/{example}", *options]
        return subprocess.Popen(command, cwd=PROJECT, stdout=-1, stderr=subprocess.STDOUT, text=True)

    why = " insufficient_funds" if example == "pay_and_poll.py" else ""
    runs = {
        ("--card", "3782 822463 10005"): (0, "Approved"),
        ("--card", "4000000000009995"): (1, f"Declined{why}"),
        ("--card", "4000009900000038"): (0, "Approved"),
        ("--key", "nobody's"): (1, "Refused: "),
        ("--url", "http://127.0.0.1:1"): (1, UNREACHABLE),
    }
    processes = [started("--url", gateway.url, *options) for options in runs]
    for process, (exit_code, outcome) in zip(processes, runs.values(), strict=True):
        said, _ = process.communicate(timeout=20)
        assert (exit_code, True) == (process.returncode, outcome in said.splitlines()[-1])
        assert said.isprintable() or said.replace("\n", "").isprintable()


def test_the_capture_example_says_what_became_of_it(gateway: Gateway) -> None:
    assert_examples_end(
        "authorize_and_capture.py",
        {
            (): (0, "Outcome:  Approved, captured 7.50 of 10.50"),
            ("--void",): (0, "Outcome:  Voided, captured 0.00 of 10.50"),
            ("--card", "4000000000000002"): (1, "Job:      payment Completed, payment is Declined"),
            ("--card", CAPTURE_DECLINED): (
                1,
                "no money moved: The bank declined the capture. processing_error",
            ),
            ("--card", CAPTURE_LOST): (0, "Outcome:  Approved, captured 7.50 of 10.50"),
            ("--key", "nobody's"): (1, "(UnauthorizedAccess)"),
            ("--url", "http://127.0.0.1:1"): (1, UNREACHABLE),
        },
        gateway,
    )


def test_the_refund_example_says_what_became_of_it(gateway: Gateway) -> None:
    def paid(card: str = "4242424242424242", **changes: str | int) -> str:
        accepted = gateway.client.post("/payments", json=order(card) | changes)
        return str(gateway.settled(accepted)["paymentId"])

    assert_examples_end(
        "refund.py",
        {
            (paid(),): (0, "Outcome:  Refunded, refunded 10.50 of 10.50"),
            (paid(), "--amount", "4.00", "--reason", "Returned"): (0, "refunded 4.00 of 10.50"),
            (paid(), "--amount", "10.51"): (1, "10.50 EUR is left to be refunded. (AmountTooLarge)"),
            (paid(REFUND_DECLINED),): (
                1,
                "no money moved: The bank declined the refund. processing_error",
            ),
            (paid(currency="KWD"), "--amount", "1.005"): (0, "refunded 1.005 of 10.500"),
            (paid(currency="JPY", amount=1500),): (0, "Outcome:  Refunded, refunded 1500 of 1500"),
            (paid(REFUND_LOST),): (0, "Outcome:  Refunded, refunded 10.50 of 10.50"),
            ("pay_none",): (1, "(UnknownPayment)"),
            ("pay_none", "--url", "http://127.0.0.1:1"): (1, UNREACHABLE),
        },
        gateway,
    )


def assert_examples_end(
    example: str, runs: Mapping[tuple[str, ...], tuple[int, str]], gateway: Gateway
) -> None:
    """Run them all at once, and hold each one's exit code and last line against what is expected."""
    command = [sys.executable, f"examples/{example}", "--url", gateway.url]
    processes = [
        subprocess.Popen([*command, *options], cwd=PROJECT, stdout=-1, stderr=subprocess.STDOUT, text=True)
        for options in runs
    ]
    for process, (exit_code, outcome) in zip(processes, runs.values(), strict=True):
        said, _ = process.communicate(timeout=40)
        assert (exit_code, True) == (process.returncode, said.splitlines()[-1].endswith(outcome)), said


def test_the_stream_example_goes_on_where_it_was_when_the_gateway_was_killed(
    simulator: Simulator, start_gateway: StartGateway, tmp_path: Path
) -> None:
    arguments = (tmp_path / "pgw.db", simulator.url, "--inquiry-first", "3")
    gateway = start_gateway(*arguments)
    command = [sys.executable, "examples/pay_and_listen.py", "--url", gateway.url, "--card", ANSWER_LOST]
    unbuffered = environment_without_settings() | {"PYTHONUNBUFFERED": "1"}
    program = subprocess.Popen(command, cwd=PROJECT, env=unbuffered, stdout=-1, text=True)
    with ended_with(program) as example:
        assert example.stdout is not None
        said = [example.stdout.readline() for _ in range(4)]
        gateway.end(signal.SIGKILL)
        said.append(example.stdout.readline())
        start_gateway(*arguments, "--port", str(gateway.address[1]))
        said += example.stdout.readlines()
        assert 0 == example.wait(60), said
    frames = [line.split(maxsplit=3) for line in said if line.startswith("Frame:")]
    labels = [line.partition(":")[0] for line in said]
    assert ["Listening", "Accepted", "Frame", "Frame", "Lost"] == labels[:5]
    seqs = [int(seq) for _, seq, *_ in frames]
    assert list(range(1, len(seqs) + 1)) == seqs
    assert ["job.created,", "job.updated,", "job.completed,"] == [kind for _, _, kind, _ in frames]
    assert said[-1].endswith("payment is Approved\n")
    assert any("stream.ready at seq 2\n" in line for line in said[5:])


def test_the_receiver_example_believes_what_was_signed_once_and_nothing_else() -> None:
    command = [sys.executable, "examples/receive_webhooks.py", "--port", "0"]
    environment = {"PGW_WEBHOOK_SECRET": SECRET}
    program = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=-1, stderr=-3, text=True)
    with ended_with(program) as example:
        _try_receiver(example)


def _try_receiver(example: subprocess.Popen[str]) -> None:
    assert example.stdout is not None
    url = example.stdout.readline().split()[-1]
    body = payload()
    spoilt = (
        (body + b" ", signed(body)),
        (body, signed(body, secret=OTHER_SECRET)),
        (body, signed(body, at=datetime.now(UTC) - timedelta(minutes=6))),
        (body, signed(body, at=datetime.now(UTC) + timedelta(minutes=6))),
        *((body, {**signed(body), name: value}) for name, value in ODD_HEADERS),
        (body, {}),
    )
    for sent, headers in spoilt:
        assert 400 == httpx.post(url, content=sent, headers=headers).status_code
    # The head alone: a body that nobody reads may be answered by a reset.
    with socket.create_connection((httpx.URL(url).host, httpx.URL(url).port or 0), timeout=20) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: receiver\r\nContent-Length: 1000000\r\n\r\n")
        assert client.recv(100).split()[1] == b"413"
    rotated = signed(body, secret=OTHER_SECRET)["webhook-signature"]
    two = {**signed(body), "webhook-signature": f"{rotated} {signed(body)['webhook-signature']}"}
    for headers in (two, signed(body), signed(body, webhook_id="whd_last")):
        assert 204 == httpx.post(url, content=body, headers=headers).status_code
    example.send_signal(signal.SIGINT)
    lines = example.stdout.readlines()
    assert 0 == example.wait(20)
    assert [f"2026-11-22T14:36:57.563Z job.completed {one}\n" for one in (ID, "whd_last")] == lines


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_x", "whsec_MDEy\u2026"])
def test_the_receiver_example_without_a_secret_says_what_is_missing(secret: str) -> None:
    command = [sys.executable, "examples/receive_webhooks.py"]
    ran = subprocess.run(
        command,
        cwd=PROJECT,
        env={"PGW_WEBHOOK_SECRET": secret},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert (2, True) == (ran.returncode, ran.stderr.startswith("Set PGW_WEBHOOK_SECRET"))


def test_the_demo_does_what_it_says_and_ends_on_ctrl_c_with_nothing_left(tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    demo = Program("pgw", "demo", "--port", "0", "--bank-port", "0", environment=environment)
    demo.wait_for_line("Ctrl-C ends the demo")
    text = "".join(demo.lines)
    command = re.search(r"curl -i .*?}}'", text, re.DOTALL)
    assert command is not None
    _, _, url, _, authorization, _, media_type, _, body = shlex.split(command[0])
    headers = dict(header.split(": ") for header in (authorization, media_type))
    watch, listen = (
        MerchantCommand(tmp_path.parent / name, *shlex.split(found[2])[3:], key=found[1])
        for name in ("watch", "listen")
        if (found := re.search(rf"PGW_KEY=(\S+) (\S*python\S* -m pgw {name} --url \S+)", text))
    )
    watch.wait_for_line("Connected to")
    listen.wait_for_line("Listening on")
    accepted = httpx.post(url, content=body, headers=headers)
    job_url = url.replace("/payments", accepted.headers["Location"])
    job = httpx.get(job_url, headers=headers | {"Prefer": "wait=10"}).json()
    assert ("Completed", "Approved") == (job["status"], job["paymentStatus"])
    for command_shown in (watch, listen):
        command_shown.wait_for_output("job.completed", job["jobId"], "Approved")
    assert (130, 0) == (watch.interrupted(), listen.interrupted())
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
    if mistaken == "--bank-port":
        assert line.endswith("--bank-port chooses another.\n")
    assert not is_alive(demo.process.pid)


def is_alive(group: int) -> bool:
    """Tell whether a process of this group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
