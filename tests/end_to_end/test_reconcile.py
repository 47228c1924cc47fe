"""`pgw reconcile` between real processes."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING, Any

import httpx

from tests.end_to_end.commands import ANSWER_LOST, book_at, pgw, reconciled
from tests.end_to_end.programs import KEY, eventually, order

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.commands import Ended
    from tests.end_to_end.conftest import StartGateway, StartSimulator

DECLINED, THROUGH_503 = "4000000000000002", "4000009900000061"


def differences(ended: Ended) -> list[tuple[str, str | None]]:
    return [(one["difference"], one["reference"]) for one in ended.documents if one["kind"] == "difference"]


def total(ended: Ended, currency: str = "EUR") -> dict[str, Any]:
    (found,) = [one for one in ended.documents if one["kind"] == "total" and one["currency"] == currency]
    return found


def test_books_and_bank_that_agree_are_no_difference(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--lookup-fault", "error_500=1")
    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    for card in ("4242424242424242", "4242424242424242", DECLINED, ANSWER_LOST, THROUGH_503):
        gateway.settled(gateway.pay(card))
    gateway.settled(gateway.pay(capture=False))
    gateway.settled(gateway.pay(amount=1500, currency="JPY"))
    ended = reconciled(gateway.database, bank, "--json")
    assert (0, "") == (ended.exit_code, ended.err)
    counts = {"payments": 7, "operations": 0, "bookings": 6, "open": 1, "differences": 0}
    assert {"kind": "summary", **counts} == ended.documents[-1]
    nothing = {"charged": 0.0, "held": 0.0}
    assert total(ended) == {
        "kind": "total",
        "currency": "EUR",
        "books": {"charged": 31.5, "held": 10.5},
        "bank": {"charged": 42.0, "held": 10.5},
        "open": {"charged": 10.5, "held": 0.0},
        "difference": nothing,
    }
    assert {"charged": 1500, "held": 0} == total(ended, "JPY")["books"]
    people = reconciled(gateway.database, bank)
    assert 0 == people.exit_code
    assert "EUR charged  31.50  42.00  10.50        0.00" in people.out.splitlines()
    assert "No difference." == people.out.splitlines()[-1]
    assert 0 == gateway.end()
    assert people == reconciled(gateway.database, bank)


def test_every_difference_is_found_with_its_money(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, "--bank-features", "pay")
    names = ("fine", "twice", "more", "less", "dollars", "missing")
    jobs = {name: gateway.settled(gateway.pay()) for name in names}
    jobs |= {
        "declined": gateway.settled(gateway.pay(DECLINED)),
        "lost": gateway.settled(gateway.pay(ANSWER_LOST)),
    }
    references = {name: gateway.reference_of(job) for name, job in jobs.items()}
    settle = ("settle", jobs["lost"]["jobId"], "failed", "--reason", "a mistake")
    assert 0 == pgw(*settle, database=gateway.database).exit_code
    bank.end()
    # Another bank, which booked what the test says, under the same references.
    bank = start_simulator("--no-dedupe")
    for name in ("fine", "twice", "twice", "declined", "lost"):
        book_at(bank, references[name])
    book_at(bank, references["more"], amount=1051)
    book_at(bank, references["less"], amount=1049)
    book_at(bank, references["dollars"], currency="USD")
    for reference in ("foreign", None):
        book_at(bank, reference)

    ended = reconciled(gateway.database, bank, "--json")
    assert (1, "") == (ended.exit_code, ended.err)
    assert {
        ("ChargedTwice", references["twice"]),
        ("ChargedTooMuch", references["more"]),
        ("OtherAmount", references["less"]),
        ("OtherCurrency", references["dollars"]),
        ("NotAtTheBank", references["missing"]),
        ("ChargedThoughDeclined", references["declined"]),
        ("ChargedThoughFailed", references["lost"]),
        ("UnknownReference", "foreign"),
        ("UnknownReference", None),
    } == set(differences(ended))
    assert {"payments": 8, "operations": 0, "bookings": 10, "open": 0, "differences": 9} == {
        name: value for name, value in ended.documents[-1].items() if name != "kind"
    }
    assert (63.0, 94.5, 31.5) == tuple(
        total(ended)[side]["charged"] for side in ("books", "bank", "difference")
    )
    assert 10.5 == total(ended, "USD")["difference"]["charged"]
    twice = next(one for one in ended.documents if one.get("difference") == "ChargedTwice")
    assert [{"currency": "EUR", "bookings": 2, "charged": 21.0, "held": 0.0}] == twice["bank"]
    assert (jobs["twice"]["jobId"], "Approved", 10.5) == (twice["jobId"], twice["status"], twice["amount"])

    people = reconciled(gateway.database, bank)
    row = next(line for line in people.out.splitlines() if line.startswith("ChargedTwice"))
    assert row.endswith("Approved, 10.50 EUR  21.00 EUR charged by 2 bookings")
    assert (1, "Differences: 9.") == (people.exit_code, people.out.splitlines()[-1])


def test_a_ledger_from_a_file_is_compared_alike(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    gateway.settled(gateway.pay())
    file = tmp_path / "ledger.json"
    file.write_bytes(httpx.get(f"{bank.url}/ledger").content)
    by_file = pgw("reconcile", "--ledger-file", str(file), database=gateway.database)
    assert by_file == reconciled(gateway.database, bank)
    document = json.loads(file.read_bytes())
    document["bookings"][0]["captured_amount"] += 1
    file.write_text(json.dumps(document))
    by_file = pgw("reconcile", "--ledger-file", str(file), "--json", database=gateway.database)
    assert (1, "ChargedTooMuch") == (by_file.exit_code, differences(by_file)[0][0])


def test_a_ledger_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    bank.end()
    for arguments in (("--bank-url", bank.url), ("--ledger-file", str(tmp_path / "none"))):
        for _ in range(2):
            ended = pgw("reconcile", *arguments, database=gateway.database)
            assert (2, "", 1) == (ended.exit_code, ended.out, len(ended.err.splitlines()))
            assert ended.err.startswith("Error: The ledger ")
            if gateway.process.poll() is None:
                # And once more under the lock.
                assert 0 == gateway.end()
        gateway = start_gateway(tmp_path / "pgw.db", bank.url)


def test_payments_that_go_on_meanwhile_are_no_differences(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--latency", "0.02", "--jitter", "0.05", "--fault", "drop_after_booking=0.1")
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, "--inquiry-first", "0.2")
    enough = threading.Event()

    def pay_on() -> None:
        with httpx.Client(base_url=gateway.url, headers=KEY) as client:
            while not enough.is_set():
                client.post("/payments", json=order())

    payers = [threading.Thread(target=pay_on) for _ in range(4)]
    for payer in payers:
        payer.start()
    runs: list[Ended] = []
    try:
        for least in (20, 60, 100, 140):
            eventually(lambda: gateway.rows("SELECT count(*) >= ? FROM jobs", least) == [(1,)], 30)  # noqa: B023
            runs.append(reconciled(gateway.database, bank, "--json"))
    finally:
        enough.set()
        for payer in payers:
            payer.join()
    assert [(0, "")] * 4 == [(run.exit_code, run.err) for run in runs]
    counted = [run.documents[-1]["payments"] for run in runs]
    assert counted == sorted(set(counted))
    eventually(lambda: gateway.rows("SELECT count(*) FROM jobs WHERE status = 'Created'") == [(0,)], 30)
    last = reconciled(gateway.database, bank, "--json")
    assert (0, 0) == (last.exit_code, last.documents[-1]["open"])
    assert total(last)["books"] == total(last)["bank"]


def test_a_gateway_killed_under_load_and_its_bank_agree_in_the_end(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--latency", "0.1", "--jitter", "0.2")
    soon = ("--inquiry-first", "0.05", "--inquiry-longest", "0.2")
    killed = start_gateway(tmp_path / "pgw.db", bank.url, *soon)
    for _ in range(60):
        killed.pay()
    killed.end(signal.SIGKILL)
    # Without a gateway: what was at the bank when it died is open.
    meanwhile = reconciled(killed.database, bank, "--json")
    assert (0, True) == (meanwhile.exit_code, meanwhile.documents[-1]["open"] > 0)
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, *soon)
    eventually(lambda: gateway.rows("SELECT count(*) FROM jobs WHERE status = 'Created'") == [(0,)], 30)
    ended = reconciled(gateway.database, bank, "--json")
    assert (0, 60, 0) == (ended.exit_code, *(ended.documents[-1][name] for name in ("payments", "open")))
