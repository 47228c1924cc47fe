"""What an operator is shown of unknown outcomes and flags."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.commands import ANSWER_LOST, BOOKS_NOTHING, pgw
from tests.end_to_end.programs import PROJECT, Program, environment_without_settings, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator

SOON = ("--inquiry-first", "0.05")


def test_unknown_outcomes_are_listed_beside_the_gateway_and_without_it(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, "--bank-features", "pay")
    gateway.settled(gateway.pay())
    jobs = [
        gateway.settled(gateway.pay(ANSWER_LOST, **price))
        for price in ({}, {"amount": 1500, "currency": "JPY"})
    ]
    beside = pgw("unresolved", "--json", database=gateway.database)
    people = pgw("unresolved", database=gateway.database)
    assert 0 == gateway.end()
    without = pgw("unresolved", "--json", database=gateway.database)
    assert (0, "", 0) == (beside.exit_code, beside.err, without.exit_code)
    assert beside.out == without.out
    assert [(job["jobId"], job["paymentId"]) for job in jobs] == [
        (one["jobId"], one["paymentId"]) for one in beside.documents
    ]
    assert '"amount": 10.50, "currency": "EUR"' in beside.out.splitlines()[0]
    heads, *rows = people.out.splitlines()
    assert ["JOB", "PAYMENT", "MERCHANT"] == heads.split()[:3]
    assert [heads.index("WHAT IS KNOWN")] * 2 == [row.index("the bank cannot be asked") for row in rows[:2]]
    assert ["10.50 EUR", "1500 JPY"] == [
        row[heads.index("AMOUNT") - 3 :].split("  ")[0].strip() for row in rows[:2]
    ]
    assert "Unknown outcomes: 2. Flagged for attention: 0." in rows
    assert "\x1b[" not in people.out


def test_what_is_looked_up_in_vain_says_how_often_and_when_next(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--lookup-fault", "error_500=1")
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, "--inquiry-first", "0.05")
    job = gateway.settled(gateway.pay(ANSWER_LOST))
    eventually(lambda: gateway.rows("SELECT inquiries > 0 FROM attempts") == [(1,)])
    (one,) = pgw("unresolved", "--json", database=gateway.database).documents
    assert (job["jobId"], "Doubtful", []) == (one["jobId"], one["outcome"], one["flags"])
    times = "once" if one["inquiries"] == 1 else f"{one['inquiries']} times"
    assert f"looked up {times}" == one["known"]
    assert one["nextInquiryAt"] > one["since"]


def test_a_reversal_in_vain_and_one_that_was_refused_are_told_apart_and_flags_are_acknowledged(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    for faults, outcome, known, codes in (
        (("--reversal-fault", "error_500=1"), "Reversing", "being reversed", []),
        (("--refuse-reversals", "1"), "NotReversible", "not reversible, says the bank", ["ReversalRefused"]),
    ):
        gateway = start_gateway(tmp_path / f"{outcome}.db", start_simulator(*faults).url, *SOON)
        job = gateway.settled(gateway.pay(BOOKS_NOTHING))
        eventually(lambda: gateway.rows("SELECT outcome FROM attempts") == [(outcome,)])  # noqa: B023
        (one,) = pgw("unresolved", "--json", database=gateway.database).documents
        assert (outcome, codes) == (one["outcome"], [flag["code"] for flag in one["flags"]])
        assert one["known"].startswith(known)
    assert "Flagged for attention: 1." in (told := pgw("unresolved", database=gateway.database).out)
    assert "\n  ! ReversalRefused since 20" in told
    assert "1 flag of " in pgw("acknowledge", job["jobId"], database=gateway.database).out
    assert "has no flags." in pgw("acknowledge", job["jobId"], database=gateway.database).out
    # Its outcome is unknown all the same.
    assert (
        "Unknown outcomes: 1. Flagged for attention: 0." in pgw("unresolved", database=gateway.database).out
    )


def test_nothing_is_said_to_be_nothing(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url)
    assert "Nothing is unresolved.\n" == pgw("unresolved", database=gateway.database).out
    assert "" == pgw("unresolved", "--json", database=gateway.database).out


def test_on_a_terminal_it_is_in_colour_and_a_reader_that_leaves_is_no_crash(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url)
    command = [sys.executable, "-m", "pgw", "unresolved", "--database", str(gateway.database)]
    ours, its = pty.openpty()
    environment = environment_without_settings()
    subprocess.run(command, cwd=PROJECT, env=environment, stdout=its, check=True, timeout=30)
    assert b"\x1b[32mNothing is unresolved.\x1b[0m" in os.read(ours, 65_536)
    os.close(ours)
    os.close(its)
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        command, cwd=PROJECT, env=environment, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=30
    )
    os.close(writing)
    assert (1, b"") == (ended.returncode, ended.stderr)


@pytest.mark.parametrize("command", ["unresolved", "settle", "acknowledge", "reconcile"])
def test_a_wrong_path_is_one_sentence_and_makes_no_database(tmp_path: Path, command: str) -> None:
    arguments = {"settle": ["job_1", "failed", "--reason", "x"], "acknowledge": ["job_1"]}.get(command, [])
    path = tmp_path / "none.db"
    ended = pgw(command, *arguments, database=path)
    assert (2, "", f"Error: There is no database {path}.\n") == (ended.exit_code, ended.out, ended.err)
    assert [] == list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    for text in ("", "no database"):
        path = tmp_path / "file"
        path.write_text(text)
        ended = pgw("unresolved", database=path)
        assert (2, f"Error: {path} is no database.\n") == (ended.exit_code, ended.err)
        assert (text, [path]) == (path.read_text(), list(tmp_path.iterdir()))


def test_the_socket_of_a_killed_gateway_stands_in_nobodys_way(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    killed = start_gateway(tmp_path / "pgw.db", bank.url)
    killed.end(signal.SIGKILL)
    control = tmp_path / "pgw.db.control"
    assert control.is_socket()
    assert 0 == pgw("unresolved", database=killed.database).exit_code
    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    assert 0o600 == control.stat().st_mode & 0o777
    assert 0 == pgw("unresolved", database=gateway.database).exit_code
    assert 0 == gateway.end()
    assert not control.exists()


def test_a_gateway_that_is_starting_or_stopping_is_one_sentence(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url)
    (tmp_path / "pgw.db.control").unlink()
    ended = pgw("unresolved", database=gateway.database)
    assert 2 == ended.exit_code
    assert (
        f"Error: The database {gateway.database} is in use by another process. No gateway answers"
        in ended.err
    )
    assert ended.err.endswith("try again.\n")
    assert 0 == gateway.end()


def test_a_gateway_in_a_folder_with_a_long_path_is_reached(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    gateway = start_gateway(folder / "pgw.db", start_simulator().url)
    assert (folder / "pgw.db.control").is_socket()
    assert 0 == pgw("unresolved", database=gateway.database).exit_code


def test_a_gateway_without_its_socket_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "pgw.db.control").write_text("precious")
    program = Program("pgw", "serve", "--port", "0", "--database", str(tmp_path / "pgw.db"))
    assert 2 == program.ended()
    sentence = f"The operator's socket {tmp_path}/pgw.db.control cannot be made: Address already in use."
    assert f"Error: {sentence}\n" == program.lines[-1]
