"""The program as its operator meets it: switches, mistakes, signals."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import PayBody, Simulator, StartSimulator

PROJECT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=10, check=False)


def test_it_says_where_it_listens_and_how_it_decides(simulator: Simulator) -> None:
    assert simulator.first_line == f"bank simulator listening on {simulator.url} (profile magic)\n"


def test_a_repeated_reference_books_twice_with_dedupe_off_and_look_ups_can_be_off_too(
    start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    simulator = start_simulator("--no-dedupe", "--no-lookup", "--profile", "threshold")
    assert simulator.profile == "threshold"
    assert simulator.pay("a", pay_body()).json()["authorized"] is True
    assert simulator.pay("a", pay_body(amount=100_000)).json()["authorized"] is False
    assert [booking["amount"] for booking in simulator.bookings("a")] == [1050, 100_000]
    look_up = simulator.client.get("/payments/a")
    posts = (f"POST /payments/{{reference}}/{name}" for name in ("reversals", "captures", "voids", "refunds"))
    routes = ", ".join(["POST /payments", *posts, "GET /ledger"])
    expected = {"error_message": f"no route /payments/a; there are {routes}"}
    assert (404, expected) == (look_up.status_code, look_up.json())


def test_faults_come_by_rate_an_idle_connection_is_closed_and_a_full_ledger_says_so(
    start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    simulator = start_simulator(
        "--profile=parity",
        "--fault=drop_after_booking=1",
        "--lookup-fault=unavailable_503=1",
        "--idle-seconds=0.1",
        "--ledger-limit=1",
    )
    with pytest.raises(httpx.RemoteProtocolError):
        simulator.pay("a", pay_body("2222405343248877"))
    assert len(simulator.bookings("a")) == 1
    assert simulator.client.get("/payments/a").status_code == 503
    full = simulator.pay("b", pay_body("2222405343248877"))
    expected = {"error_message": "not processed: the ledger is full at 1"}
    assert (503, expected) == (full.status_code, full.json())
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as idle:
        assert idle.recv(1) == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_without_a_word(
    number: signal.Signals, start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    simulator = start_simulator()
    with pytest.raises(httpx.ReadTimeout):
        simulator.client.post("/payments", json=pay_body("4000009900000012"), timeout=0.05)
    simulator.process.send_signal(number)
    assert simulator.process.wait(2) == 0
    assert simulator.process.stderr is not None
    assert simulator.process.stderr.read() == ""


def test_a_port_in_use_is_one_sentence(simulator: Simulator) -> None:
    ended = run("--port", str(simulator.port))
    sentence = f"error: cannot listen on 127.0.0.1:{simulator.port}: address already in use; "
    assert (2, f"{sentence}is another one running? --port chooses another.\n") == (
        ended.returncode,
        ended.stderr,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--profile", "kind"], "'kind' is not one of 'magic', 'threshold', 'parity'."),
        (["--fault", "hang=2"], "the rate of hang must be from 0 to 1, as in hang=0.05."),
        (["--operation-fault", "hang=2"], "the rate of hang must be from 0 to 1, as in hang=0.05."),
        (["--authorization-seconds", "nan"], "'nan' is no number of seconds from 0 to 31622400."),
        (["--latency", "86401"], "'86401' is no number of seconds from 0 to 86400."),
        (["--refuse-reversals", "nan"], "'nan' is no share from 0 to 1."),
        (["--reversal-fault", "explode=1"], "'explode' is no fault; there are "),
        (["--host", "no such host"], "cannot listen on no such host:50948: "),
    ],
)
def test_an_operators_mistake_is_one_sentence(arguments: list[str], sentence: str) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


def test_help_names_every_option_and_fault() -> None:
    ended = run("--help")
    assert ended.returncode == 0
    options = ("--profile", "--latency", "--fault", "--no-dedupe", "--seed", "--no-reversal")
    more = ("--refuse-reversals", "--reversal-fault", "--ledger-file", "drop_after_booking", "delayed")
    operations = ("--operation-fault", "--no-operations", "--authorization-seconds")
    assert [] == [word for word in options + more + operations if word not in ended.stdout]


def test_it_shares_no_code_with_the_gateway() -> None:
    sources = (PROJECT / "simulator").glob("*.py")
    assert [source.name for source in sources if "pgw" in source.read_text()] == []
    gateway = (PROJECT / "pgw").rglob("*.py")
    assert [source.name for source in gateway if "import simulator" in source.read_text()] == []
