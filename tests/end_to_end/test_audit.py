"""`pgw audit verify`, beside a gateway and without one."""

from __future__ import annotations

import os
import pty
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from shutil import copy
from typing import TYPE_CHECKING

from tests.end_to_end.commands import ANSWER_LOST, pgw
from tests.end_to_end.programs import PROJECT, environment_without_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway, Simulator

VERIFY = ("audit", "verify")
HEAD = "The head, to keep elsewhere: "


def tamper(database: Path, script: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for trigger in ("what_happened_stands", "what_happened_is_kept"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.executescript(script)


def paid(gateway: Gateway, *cards: str) -> list[str]:
    """Pay, and return the payments' ids once all that is known now was written."""
    return [gateway.settled(gateway.pay(card))["paymentId"] for card in cards]


def test_what_nobody_touched_is_whole_beside_the_gateway_and_without_it(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--bank-features", "pay")
    paid(gateway, "4242424242424242", ANSWER_LOST, "4000000000000002")
    beside = pgw(*VERIFY, database=gateway.database)
    assert (0, "") == (beside.exit_code, beside.err)
    verified, head = beside.out.splitlines()
    assert "6 entries verified." == verified
    assert head.startswith(f"{HEAD}6:")
    gateway.end(signal.SIGKILL)
    assert beside == pgw(*VERIFY, database=gateway.database)
    gateway = start_gateway(gateway.database, start_simulator().url, "--bank-features", "pay")
    paid(gateway, "4242424242424242")
    (document,) = pgw(
        *VERIFY, "--json", "--head", head.removeprefix(HEAD), database=gateway.database
    ).documents
    assert (8, 8, []) == (document["verified"], document["head"]["number"], document["faults"])


def test_the_first_bad_entry_is_named_beside_the_gateway_and_without_it(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url)
    _, second = paid(gateway, "4242424242424242", "4000000000000002")
    tamper(
        gateway.database,
        "UPDATE timeline SET document = replace(document, 'declined', 'accepted') WHERE number = 4",
    )
    beside = pgw(*VERIFY, database=gateway.database)
    sentence = f"Changed: entry 4 of payment {second}. It was changed since it was written, or was never "
    assert (1, [f"{sentence}written by the gateway.", "3 entries verified."]) == (
        beside.exit_code,
        beside.out.splitlines(),
    )
    assert 0 == gateway.end()
    assert beside == pgw(*VERIFY, database=gateway.database)
    (document,) = pgw(*VERIFY, "--json", database=gateway.database).documents
    (fault,) = document["faults"]
    assert ("Changed", 4, second) == (fault["wrong"], fault["number"], fault["paymentId"])


def test_a_tail_that_was_cut_off_is_said_at_the_start_and_stays_found(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url)
    paid(gateway, "4242424242424242", "4000000000000002")
    assert 0 == gateway.end()
    tamper(gateway.database, "DELETE FROM timeline WHERE number > 2")
    gateway = start_gateway(gateway.database, simulator.url)
    assert "Entries 3 to 4 are missing." in gateway.wait_for_line("TimelineDamaged")
    (paid_since,) = paid(gateway, "4242424242424242")
    ended = pgw(*VERIFY, database=gateway.database)
    sentence = f"Missing: entry 3. The next one that is there is 5, of payment {paid_since}."
    assert (1, sentence) == (ended.exit_code, ended.out.splitlines()[0])


def test_a_database_that_was_put_back_is_found_by_a_kept_head(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url)
    paid(gateway, "4242424242424242")
    assert 0 == gateway.end()
    copy(gateway.database, tmp_path / "backup.db")
    gateway = start_gateway(gateway.database, simulator.url)
    paid(gateway, "4242424242424242")
    kept = pgw(*VERIFY, database=gateway.database).out.splitlines()[-1].removeprefix(HEAD)
    assert 0 == gateway.end()
    copy(tmp_path / "backup.db", gateway.database)
    assert 0 == pgw(*VERIFY, database=gateway.database).exit_code
    ended = pgw(*VERIFY, "--head", kept, database=gateway.database)
    assert 1 == ended.exit_code
    assert ended.out.startswith("NotTheHeadKept: entry 3. The head that was kept is of entry 4")


def test_another_secret_is_said_to_be_another_one(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url)
    paid(gateway, "4242424242424242")
    assert 0 == gateway.end()
    secret = tmp_path / "pgw.db.secret"
    secret.rename(tmp_path / "lost")
    gateway = start_gateway(gateway.database, simulator.url)
    paid(gateway, "4242424242424242")
    ended = pgw(*VERIFY, database=gateway.database)
    assert 1 == ended.exit_code
    assert ended.out.startswith("AnotherSecret: entry 1 of payment pay_")
    assert "2 entries verified." == ended.out.splitlines()[-1]
    (document,) = pgw(
        *VERIFY, "--secret-file", str(tmp_path / "lost"), "--json", database=gateway.database
    ).documents
    assert [("AnotherSecret", 3)] == [(one["wrong"], one["number"]) for one in document["faults"]]


def test_a_mistake_is_one_sentence_and_makes_nothing(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url)
    secret = tmp_path / "pgw.db.secret"
    secret.rename(tmp_path / "moved")
    for _ in ("beside the gateway", "without it"):
        missing = pgw(*VERIFY, database=gateway.database)
        assert (2, "") == (missing.exit_code, missing.out)
        sentence = (
            f"Error: The secret that the timeline of {gateway.database} is sealed under is not beside it"
        )
        assert f"{sentence}; name it by --secret-file.\n" == missing.err
        assert not secret.exists()
        gateway.end()
    settle = ("settle", "job_x", "failed", "--reason", "none")
    assert (2, missing.err) == ((ended := pgw(*settle, database=gateway.database)).exit_code, ended.err)
    (tmp_path / "moved").chmod(0o644)
    of_all = pgw(*VERIFY, "--secret-file", str(tmp_path / "moved"), database=gateway.database)
    assert (2, True) == (of_all.exit_code, "chmod 600" in of_all.err)
    assert 2 == pgw(*VERIFY, database=tmp_path / "none.db").exit_code
    for head in ("17", "17:abc", f"x:{'0' * 64}", f"17:{'G' * 64}"):
        assert 2 == pgw(*VERIFY, "--head", head, database=gateway.database).exit_code


def test_how_far_it_is_is_shown_on_a_terminal_alone(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url)
    paid(gateway, "4242424242424242")
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "pgw", *VERIFY, "--database", str(gateway.database)]
    ended = subprocess.run(
        command,
        cwd=PROJECT,
        env=environment_without_settings(),
        stdout=subprocess.PIPE,
        stderr=its,
        check=False,
        timeout=60,
    )
    said = os.read(ours, 65_536).decode()
    os.close(its)
    os.close(ours)
    assert 0 == ended.returncode
    assert "2 of 2 entries …" in said
    assert said.endswith("\r\x1b[K")
    assert b"entries \xe2\x80\xa6" not in ended.stdout
