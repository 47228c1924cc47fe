"""Three times as many payments as can be taken: what is accepted is honoured, the rest refused at once."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.open_loop import steadily
from pgw.http.door import MOST_AT_WORK
from tests.end_to_end.faults import faulty_gateway
from tests.end_to_end.programs import eventually
from tests.end_to_end.sockets import WHOLE, connected, heard

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Simulator

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


def test_while_as_many_are_at_work_as_can_be_the_next_is_turned_away_at_once(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Beside a disk that hangs; whoever asks for something else is answered as ever."""
    with faulty_gateway(tmp_path / "pgw.db", simulator.url) as gateway, ExitStack() as clients:
        job = gateway.settled(gateway.pay())
        gateway.have("hang")
        for _ in range(MOST_AT_WORK):
            clients.enter_context(connected(gateway)).sendall(WHOLE)
        eventually(lambda: f"pgw_jobs_in_flight {MOST_AT_WORK}.0" in gateway.client.get("/metrics").text)
        late = clients.enter_context(connected(gateway))
        for _ in range(2):
            late.sendall(WHOLE)
            answer = heard(late, b'"}')
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b'"code":"Overloaded"' in answer
        assert job == gateway.client.get(f"/jobs/{job['jobId']}").json()
