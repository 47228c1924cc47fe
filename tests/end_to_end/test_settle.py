"""An operator settles what the bank does not tell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.commands import ANSWER_LOST, BOOKS_NOTHING, HANGS, pgw, reconciled
from tests.end_to_end.programs import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.commands import Ended
    from tests.end_to_end.conftest import StartGateway, StartSimulator

SOON = ("--inquiry-first", "0.05", "--inquiry-longest", "0.1")


def settle(database: Path, job: dict[str, str], verdict: str, *arguments: str) -> Ended:
    return pgw("settle", job["jobId"], verdict, "--reason", "a phone call", *arguments, database=database)


@pytest.mark.parametrize("is_running", [True, False], ids=["beside a gateway", "without one"])
def test_a_payment_is_settled_as_the_operator_says(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway, *, is_running: bool
) -> None:
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, "--bank-features", "pay")
    jobs = [gateway.settled(gateway.pay(ANSWER_LOST)) for _ in range(3)]
    if not is_running:
        assert 0 == gateway.end()
    statuses = {"succeeded": "Approved", "declined": "Declined", "failed": "Failed"}
    for job, (verdict, status) in zip(jobs, statuses.items(), strict=True):
        ended = settle(gateway.database, job, verdict)
        assert (0, "") == (ended.exit_code, ended.err)
        sentence = (
            f"{job['jobId']}, a payment of 10.50 EUR, is settled as {verdict}: "
            f"payment {job['paymentId']} is {status}."
        )
        assert sentence == ended.out.splitlines()[0]
    if not is_running:
        gateway = start_gateway(tmp_path / "pgw.db", bank.url, "--bank-features", "pay")
    told = [gateway.client.get(f"/jobs/{job['jobId']}").json() for job in jobs]
    assert ["Completed", "Completed", "Failed"] == [job["status"] for job in told]
    assert list(statuses.values()) == [job["paymentStatus"] for job in told]
    assert "SettledByOperator" == told[2]["error"]["code"]
    reasons = gateway.rows("SELECT outcome, settled_because FROM attempts")
    assert [("Settled", "a phone call")] * 3 == reasons
    # The merchant is told, in the order of what was done.
    events = gateway.rows("SELECT seq, type FROM events WHERE seq > 6 ORDER BY seq")
    assert [(7, "job.completed"), (8, "job.completed"), (9, "job.failed")] == events
    assert "Nothing is unresolved.\n" == pgw("unresolved", database=gateway.database).out
    if is_running:
        assert '"PaymentSettled"' in gateway.wait_for_line(
            f'"JobId":"{jobs[0]["jobId"]}"', '"PaymentSettled"'
        )


def test_what_is_known_or_still_awaited_or_not_there_is_not_settled(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--grace", "0")
    known, awaited = gateway.settled(gateway.pay()), gateway.pay(HANGS).json()
    for job in (known, awaited):
        ended = settle(gateway.database, job, "failed")
        sentence = "Error: Its outcome is known, or the bank's first answer is still awaited.\n"
        assert (1, "", sentence) == (ended.exit_code, ended.out, ended.err)
    ended = settle(gateway.database, {"jobId": "job_none"}, "failed", "--json")
    assert (2, "", "Error: There is no such job.\n") == (ended.exit_code, ended.out, ended.err)
    ended = pgw("acknowledge", "job_none", database=gateway.database)
    assert (2, "", "Error: There is no such job.\n") == (ended.exit_code, ended.out, ended.err)


def test_once_a_reversal_has_begun_it_is_refused(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--reversal-fault", "error_500=1")
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, *SOON)
    job = gateway.settled(gateway.pay(BOOKS_NOTHING))
    eventually(lambda: gateway.rows("SELECT outcome FROM attempts") == [("Reversing",)])
    ended = settle(gateway.database, job, "succeeded")
    sentence = "Error: A reversal of it has begun, so its only outcome is that it failed.\n"
    assert (1, "", sentence) == (ended.exit_code, ended.out, ended.err)
    # Without a gateway the rule is the same.
    assert 0 == gateway.end()
    assert ended == settle(gateway.database, job, "failed")


def test_once_the_bank_has_refused_the_reversal_it_is_taken(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator("--refuse-reversals", "1").url, *SOON)
    job = gateway.settled(gateway.pay(BOOKS_NOTHING))
    eventually(lambda: gateway.rows("SELECT outcome FROM attempts") == [("NotReversible",)])
    assert 0 == settle(gateway.database, job, "succeeded").exit_code
    assert "Approved" == gateway.client.get(f"/jobs/{job['jobId']}").json()["paymentStatus"]


def test_a_card_number_in_the_reason_is_refused_and_kept_nowhere(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--bank-features", "pay")
    job = gateway.settled(gateway.pay(ANSWER_LOST))
    reason = ("--reason", "card 4000-0099-0000-0038 at 12:00")
    ended = pgw("settle", job["jobId"], "failed", *reason, database=gateway.database)
    assert (2, "") == (ended.exit_code, ended.out)
    assert "must not contain what looks like a card number" in ended.err
    assert 0 == gateway.end()
    assert "0038" not in "".join(gateway.lines) + ended.err
    assert b"4000-0099" not in gateway.database.read_bytes()


def test_a_charge_that_shows_after_it_was_settled_as_failed_is_flagged_and_reconciled(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    """The bank does not answer look-ups at first; later it tells that it took the money."""
    ledger = ("--ledger-file", str(tmp_path / "ledger"))
    silent = start_simulator(*ledger, "--lookup-fault", "error_500=1")
    gateway = start_gateway(tmp_path / "pgw.db", silent.url, *SOON)
    job = gateway.settled(gateway.pay(ANSWER_LOST))
    ended = settle(gateway.database, job, "failed")
    assert (0, "Look-ups go on, so that a late charge is flagged.") == (
        ended.exit_code,
        ended.out.splitlines()[1],
    )
    silent.end()
    bank = start_simulator(*ledger, "--port", silent.port)

    late = "SELECT count(*) FROM flags WHERE code = 'LateDecision'"
    eventually(lambda: gateway.rows(late) == [(1,)], 30)
    (one,) = pgw("unresolved", "--json", database=gateway.database).documents
    assert ("Failed", "LateDecision") == (one["jobStatus"], one["flags"][0]["code"])
    assert "settled by an operator: a phone call" in pgw("unresolved", database=gateway.database).out
    assert 1 == reconciled(gateway.database, bank).exit_code
    assert "Failed" == gateway.client.get(f"/jobs/{job['jobId']}").json()["status"]
    acknowledged = pgw("acknowledge", job["jobId"], "--json", database=gateway.database)
    assert job["jobId"] == json.loads(acknowledged.out)["jobId"]
    assert "Nothing is unresolved.\n" == pgw("unresolved", database=gateway.database).out
