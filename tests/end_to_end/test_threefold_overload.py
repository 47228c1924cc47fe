"""Three times as many payments as can be taken: what is accepted is honoured, the rest refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.open_loop import steadily
from tests.end_to_end.programs import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator

CONCURRENCY, LATENCY_SECONDS = 10, 0.1
CAPACITY = CONCURRENCY / LATENCY_SECONDS
SECONDS = 4.0
MERCHANTS = ("ap_123", "ap_456")


def test_every_202_is_honoured_and_the_rest_refused_and_it_recovers_by_itself(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    bank = start_simulator("--latency", str(LATENCY_SECONDS))
    limits = ["--bank-concurrency", str(CONCURRENCY), "--max-in-flight", "100"]
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, *limits)
    load = steadily(gateway.address, 3 * CAPACITY, SECONDS, MERCHANTS)
    assert {202, 503} == set(load.counts)
    assert 3 * CAPACITY * SECONDS == sum(load.counts.values())
    assert 0 == load.without_retry_after
    assert load.accepted_a_second > CAPACITY * 0.5
    # It takes again at once, and forgets nothing that it took.
    eventually(lambda: 202 == gateway.pay().status_code)
    accepted = load.counts[202] + 1
    statuses = "SELECT status, count(*) FROM payments GROUP BY 1"
    eventually(lambda: [("Approved", accepted)] == gateway.rows(statuses))
    known = {
        f"/jobs/{job_id}" for (job_id,) in gateway.rows("SELECT id FROM jobs WHERE status = 'Completed'")
    }
    assert set() == set(load.locations) - known
    assert accepted == len(bank.bookings())


def test_a_merchant_over_its_rate_is_refused_and_no_other(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", start_simulator().url, "--rate-limit", "20")
    over = steadily(gateway.address, 60, SECONDS, ("ap_123",))
    assert {202, 429} == set(over.counts)
    assert 0 == over.without_retry_after
    # 20 a second, and a burst of twice as many.
    assert 20 * SECONDS <= over.counts[202] <= 20 * SECONDS + 40 + 5
    other = steadily(gateway.address, 10, 1, ("ap_456",))
    assert {202: 10} == dict(other.counts)
