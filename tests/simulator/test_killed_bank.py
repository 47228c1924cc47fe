"""A bank with `--ledger-file` forgets nothing that it answered, however it dies."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import PayBody, Simulator, StartSimulator

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def option(path: Path) -> str:
    return f"--ledger-file={path}"


def everything(simulator: Simulator) -> Any:
    ledger = simulator.client.get("/ledger").json()
    for booking in ledger["bookings"]:
        del booking["submissions"]
    return ledger


def refused_start(path: Path) -> str:
    """Start in vain; returns what the operator reads."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--ledger-file", str(path)]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=10, check=False)
    assert (2, "") == (ended.returncode, ended.stdout)
    return ended.stderr


def test_bookings_reversals_and_repeats_outlive_a_kill(
    option: str, start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    first = start_simulator(option)
    paid = first.pay("paid", pay_body())
    first.pay("declined", pay_body("4000000000009995"))
    first.pay("undone", pay_body())
    first.pay(None, pay_body(currency="JPY", capture=False))
    first.reverse("undone")
    first.reverse("never-seen")
    before = everything(first)
    assert (4, 1) == (before["count"], before["tombstones"])
    first.kill()

    second = start_simulator(option)
    assert before == everything(second)
    assert paid.content == second.pay("paid", pay_body()).content
    other = second.pay("paid", pay_body(amount=1051)).json()
    assert other == {"error_message": "Idempotency-Key: was used before for another request"}
    reversed_before = [
        second.pay(reference, pay_body()).status_code for reference in ("undone", "never-seen")
    ]
    assert reversed_before == [400, 400]
    second.pay("more", pay_body())
    assert [booking["booking"] for booking in second.bookings("more")] == [5]
    second.kill()
    assert everything(start_simulator(option))["count"] == 5


def test_a_bank_killed_under_load_keeps_all_that_it_answered(
    option: str, start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    first = start_simulator(option)
    answered: list[str] = []
    many_are_answered = threading.Event()

    def pay_on_and_on(payer: int) -> None:
        with httpx.Client(base_url=first.url, timeout=10) as client:
            for number in range(100_000):
                reference = f"{payer}-{number}"
                try:
                    client.post("/payments", json=pay_body(), headers={"Idempotency-Key": reference})
                    if number % 3 == 0:
                        client.post(f"/payments/{reference}/reversals")
                except httpx.TransportError:
                    return
                answered.append(reference)
                if len(answered) > 200:
                    many_are_answered.set()

    payers = [threading.Thread(target=pay_on_and_on, args=(payer,)) for payer in range(4)]
    for payer in payers:
        payer.start()
    assert many_are_answered.wait(30)
    first.kill()
    for payer in payers:
        payer.join(10)

    kept = {
        entry["reference"]: entry["reversed"] for entry in everything(start_simulator(option))["bookings"]
    }
    expected = {reference: int(reference.split("-")[1]) % 3 == 0 for reference in answered}
    assert expected == {reference: kept.get(reference) for reference in answered}


def test_the_file_is_its_owners_and_has_no_card_number_and_no_cvv(
    option: str, path: Path, start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    start_simulator(option).pay("a", pay_body(cvv="737"))
    text = path.read_text()
    assert 0o600 == path.stat().st_mode & 0o777
    assert ("4242424242424242" in text, '"737"' in text, '"last_four":"4242"' in text) == (False, False, True)


def test_a_torn_last_line_is_dropped_and_what_follows_is_kept(
    option: str, path: Path, start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    first = start_simulator(option)
    first.pay("whole", pay_body())
    first.pay("torn", pay_body())
    first.kill()
    path.write_bytes(path.read_bytes()[:-10])
    second = start_simulator(option)
    assert [entry["reference"] for entry in everything(second)["bookings"]] == ["whole"]
    second.pay("next", pay_body())
    second.kill()
    kept = everything(start_simulator(option))["bookings"]
    assert [(entry["booking"], entry["reference"]) for entry in kept] == [(1, "whole"), (2, "next")]


def test_a_second_bank_on_the_same_file_is_refused(
    option: str, path: Path, start_simulator: StartSimulator
) -> None:
    start_simulator(option)
    assert f"error: the ledger file {path} is in use by another simulator.\n" == refused_start(path)


def test_a_damaged_file_is_one_sentence(
    option: str, path: Path, start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    first = start_simulator(option)
    first.pay("a", pay_body())
    first.kill()
    path.write_bytes(path.read_bytes().replace(b"1050", b"9050"))
    sentence = f"the ledger file {path} is damaged in line 2; it was left as it is."
    assert f"error: {sentence}\n" == refused_start(path)


def test_a_disk_that_takes_no_more_ends_the_bank_and_what_it_answered_is_kept(
    option: str, path: Path, start_simulator: StartSimulator, pay_body: PayBody
) -> None:
    first = start_simulator(option)
    resource.prlimit(first.process.pid, resource.RLIMIT_FSIZE, (2_000, 2_000))
    answered = 0
    with contextlib.suppress(httpx.TransportError):
        for number in range(100):
            answered += first.pay(f"order-{number}", pay_body()).status_code == 200
    assert first.process.wait(5) == 2
    assert first.process.stderr is not None
    sentence = f"cannot write the ledger file {path}: file too large."
    assert f"error: {sentence}\n" == first.process.stderr.read()
    assert answered > 1
    assert answered == everything(start_simulator(option))["count"]


def test_a_file_that_cannot_be_opened_is_one_sentence(path: Path) -> None:
    sentence = f"cannot open the ledger file {path / 'x'}: no such file or directory."
    assert f"error: {sentence}\n" == refused_start(path / "x")
