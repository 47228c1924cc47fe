"""`pgw watch`: what a developer sees of the stream, and through what."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.commands import pgw
from tests.end_to_end.merchant_commands import MerchantCommand, ended
from tests.end_to_end.programs import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway, Simulator

SLOW, HANGS = "4000009900000012", "4000009900000020"


def watching(output: Path, gateway: Gateway, *options: str, key: str = "ap_123") -> MerchantCommand:
    command = MerchantCommand(output, "watch", "--url", gateway.url, *options, key=key)
    command.wait_for_line("Connected to")
    return command


def test_each_event_is_a_line_for_people_and_ctrl_c_says_where_to_go_on(
    gateway: Gateway, tmp_path: Path
) -> None:
    watch = watching(tmp_path / "out", gateway)
    job = gateway.settled(gateway.pay("4000000000000002"))
    created = watch.wait_for_output("job.created", job["jobId"])
    completed = watch.wait_for_output("job.completed", job["jobId"])
    assert 130 == watch.interrupted()
    time, seq = completed.split(" UTC")[0], completed.split()[3]
    assert (time, True) == (job["updatedAt"][:19].replace("T", " "), "Declined" in completed)
    assert ("Created", "10.50") == (created.split()[-2], created.split()[-1])
    assert ["TIME", "SEQ", "EVENT", "OPERATION", "JOB", "PAYMENT", "STATUS", "AMOUNT"] == watch.out[0].split()
    assert f"To go on from here: pgw watch --url {gateway.url} --after {seq}\n" == watch.lines[-1]
    assert "\x1b" not in "".join([*watch.out, *watch.lines])


def test_one_jobs_end_is_the_commands_end(gateway: Gateway) -> None:
    job = gateway.pay(SLOW).json()
    watch = ended("watch", "--url", gateway.url, "--json", job["jobId"])
    assert 0 == watch.exit_code
    frames = watch.documents
    assert ["job.created", "job.completed"] == [one["type"] for one in frames]
    assert [job["jobId"]] * 2 == [one["job"]["jobId"] for one in frames]
    after = frames[-1]["seq"]
    again = ended("watch", "--url", gateway.url, "--after", str(after), job["jobId"])
    assert (0, "") == (again.exit_code, again.out)


def test_nothing_is_missing_and_nothing_twice_while_the_gateway_is_killed_and_restarted(
    start_simulator: StartSimulator, start_gateway: StartGateway, tmp_path: Path
) -> None:
    bank = start_simulator("--slow-seconds", "0.3", "--hang-seconds", "1")
    database = tmp_path / "pgw.db"
    gateway = start_gateway(database, bank.url, "--grace", "0.5")
    port = str(gateway.address[1])
    watch = watching(tmp_path / "out", gateway, "--json", "--after", "0")
    for number in (signal.SIGKILL, signal.SIGTERM):
        for _ in range(5):
            gateway.settled(gateway.pay())
        gateway.pay(HANGS)
        gateway.end(number)
        watch.wait_for_line("Connection lost")
        watch.lines.clear()
        gateway = start_gateway(database, bank.url, "--port", port, "--grace", "0.5")
        watch.wait_for_line("Connected to", seconds=60)
    accepted = gateway.pay()
    gateway.settled(accepted)
    watch.wait_for_output("job.completed", accepted.json()["jobId"], seconds=60)
    eventually(lambda: len(watch.out) >= gateway.rows("SELECT max(seq) FROM events")[0][0], 60)
    assert 130 == watch.interrupted()
    seqs = [one["seq"] for one in watch.documents]
    assert list(range(1, len(seqs) + 1)) == seqs
    assert len(seqs) >= 24


def test_the_end_of_its_key_is_one_sentence(
    simulator: Simulator, start_gateway: StartGateway, tmp_path: Path
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url)
    merchant = pgw("merchants", "add", "Shop", database=gateway.database).out.strip()
    key = pgw("keys", "create", merchant, database=gateway.database).out.strip()
    watch = watching(tmp_path / "out", gateway, key=key)
    pgw("keys", "revoke", key, database=gateway.database)
    assert 2 == watch.ended(30)
    assert "Error: The key is not good any more. (closed with 1008)\n" == watch.lines[-1]


@pytest.mark.parametrize(
    ("arguments", "key", "told"),
    [
        ((), "nobody's", "Error: The gateway does not honour the key; give another one in PGW_KEY."),
        ((), None, "Error: Missing option '--key' (env var: 'PGW_KEY')."),
        ((), "two words", "'--key' (env var: 'PGW_KEY'): a key is one word of ASCII characters."),
        (("job_x",), "ap_123", "Error: No job of yours has this id. (404 UnknownJob)"),
        (("--after", "99999999"), "ap_123", "(400 InvalidParameter)"),
        (("--after", "-1"), "ap_123", "Error: Invalid value for '--after'"),
        (("--url", "ftp://x"), "ap_123", "give the gateway's address as http://HOST[:PORT][/PATH]"),
        (("--url", "http://127.0.0.1:1"), "ap_123", "127.0.0.1:1: connection refused. Is it running?"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: tuple[str, ...], key: str | None, told: str, gateway: Gateway
) -> None:
    watch = ended("watch", "--url", gateway.url, *arguments, key=key)
    assert (2, "") == (watch.exit_code, watch.out)
    assert told in watch.err.splitlines()[-1]
    assert key in {None, "ap_123"} or str(key) not in watch.err


def test_what_is_no_gateway_is_one_sentence(simulator: Simulator) -> None:
    watch = ended("watch", "--url", simulator.url)
    assert 2 == watch.exit_code
    assert "Error: What answers there is no gateway of this kind" in watch.err
