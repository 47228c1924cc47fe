"""A bank that is dead, hangs or flaps: the circuit spares the gateway, and no supervisor is troubled."""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from tests.end_to_end.commands import reconciled
from tests.end_to_end.programs import eventually
from tests.end_to_end.streams import frame, listening

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway

SOON = ("--bank-timeout", "0.5", "--inquiry-first", "0.1", "--inquiry-longest", "0.5")
POLLS, FLAPS = 300, 2
OPENED, HALF_OPEN, CLOSED = '"CircuitOpened"', '"CircuitHalfOpen"', '"CircuitClosed"'


def assert_no_supervisor_was_troubled(gateway: Gateway) -> None:
    assert [] == [line for line in gateway.lines if '"ActorCrashed"' in line]


def all_settled(gateway: Gateway) -> bool:
    return not gateway.rows("SELECT 1 FROM jobs WHERE status = 'Created'")


def poll(gateway: Gateway, job: dict[str, Any]) -> float:
    """Poll many times, each of which is answered; return the 99th percentile in milliseconds."""
    milliseconds = []
    for _ in range(POLLS):
        began = time.perf_counter()
        answer = gateway.client.get(f"/jobs/{job['jobId']}")
        milliseconds.append((time.perf_counter() - began) * 1000)
        assert (200, job) == (answer.status_code, answer.json())
    return statistics.quantiles(milliseconds, n=100)[98]


def test_a_dead_bank_opens_the_circuit_which_closes_when_it_is_back(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url)
    bank.end()
    accepted = [gateway.pay() for _ in range(12)]
    assert [202] * 12 == [answer.status_code for answer in accepted]
    gateway.wait_for_line(OPENED)
    bank = start_simulator("--port", bank.port)
    assert ["Approved"] * 12 == [gateway.settled(answer)["paymentStatus"] for answer in accepted]
    gateway.wait_for_line(HALF_OPEN)
    gateway.wait_for_line(CLOSED)
    assert 12 == len(bank.bookings())
    assert_no_supervisor_was_troubled(gateway)


async def test_a_bank_that_hangs_leaves_polls_and_streams_alone_and_all_settles_when_it_is_back(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator()
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, *SOON)
    job = gateway.settled(gateway.pay())
    idle = poll(gateway, job)
    bank.end()
    hanging = start_simulator("--port", bank.port, "--fault", "hang=1", "--lookup-fault", "hang=1")
    async with listening(gateway) as stream:
        await frame(stream)
        accepted = [gateway.pay() for _ in range(30)]
        assert [202] * 30 == [answer.status_code for answer in accepted]
        slow = poll(gateway, job)
        ratio = slow / idle
        sys.stdout.write(f"polls' p99: idle {idle:.1f} ms, bank hangs {slow:.1f} ms, {ratio:.2f} times\n")
        gateway.wait_for_line(OPENED)
        assert ["job.created"] * 30 == [one["type"] for one in await frames(stream, 30, "job.created")]
        assert 202 == gateway.pay().status_code
    hanging.end()
    bank = start_simulator("--port", bank.port)
    gateway.wait_for_line(CLOSED)
    eventually(lambda: gateway.settled(gateway.pay())["paymentStatus"] == "Approved")
    eventually(lambda: all_settled(gateway), seconds=30)
    assert_no_supervisor_was_troubled(gateway)
    # Of what the hanging bank took nobody but it knew: each was reversed, or was never sent.
    charged = {booking["reference"] for booking in bank.bookings() if booking["net_amount"]}
    statuses = gateway.rows(
        "SELECT a.reference, p.status FROM attempts a JOIN payments p ON p.id = payment_id"
    )
    assert charged == {reference for reference, status in statuses if status == "Approved"} - {
        gateway.reference_of(job)
    }


async def frames(stream: Any, number: int, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < number:
        received = await frame(stream)
        if received["type"] == kind:
            found.append(received)
    return found


def test_a_bank_that_flaps_costs_no_payment_and_no_restart(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    kept = ("--ledger-file", str(tmp_path / "ledger"))
    bank = start_simulator(*kept)
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, *SOON)
    accepted = []
    for _ in range(FLAPS):
        accepted += [gateway.pay() for _ in range(8)]
        bank.end()
        accepted += [gateway.pay() for _ in range(8)]
        bank = start_simulator("--port", bank.port, *kept)
    assert {202} == {answer.status_code for answer in accepted}
    eventually(lambda: all_settled(gateway), seconds=30)
    gateway.wait_for_line(OPENED)
    gateway.wait_for_line(CLOSED)
    assert_no_supervisor_was_troubled(gateway)
    compared = reconciled(gateway.database, bank, "--json")
    assert (0, len(accepted)) == (compared.exit_code, compared.documents[-1]["payments"]), compared.out
