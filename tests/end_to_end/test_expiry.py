"""The real gateway voids what nobody captured in time, at a real bank."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.commands import pgw
from tests.end_to_end.programs import Gateway, Simulator, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VOID_DECLINED = "4000009900000129"
VOID = "SELECT status, payment_id, void_reason, failure_decline_code FROM jobs WHERE type = 'void'"
EVENTS = "SELECT type FROM events WHERE job_id IN (SELECT id FROM jobs WHERE type = 'void') ORDER BY seq"


class HastyGateway(Gateway):
    """Two minutes of its setting are two seconds."""

    module = "tests.end_to_end.hasty_gateway"


Start = Callable[[], HastyGateway]


@pytest.fixture
def start(tmp_path: Path, simulator: Simulator) -> Iterator[Start]:
    started: list[HastyGateway] = []

    def start_hasty() -> HastyGateway:
        started.append(HastyGateway(tmp_path / "pgw.db", simulator.url, "--authorized-for", "2m"))
        return started[-1]

    yield start_hasty
    for one in started:
        if one.process.returncode is None:
            one.end(signal.SIGKILL)


def test_it_is_voided_after_its_time_also_where_the_gateway_was_killed_meanwhile(
    start: Start, simulator: Simulator
) -> None:
    gateway = start()
    job = gateway.settled(gateway.pay(capture=False))
    assert "Authorized" == job["paymentStatus"]
    gateway.end(signal.SIGKILL)
    gateway = start()
    other = gateway.settled(gateway.pay(capture=False))
    eventually(lambda: 2 == len([row for row in gateway.rows(VOID) if row[0] == "Completed"]), seconds=20)
    voided = {("Completed", one["paymentId"], "expired", None) for one in (job, other)}
    assert voided == set(gateway.rows(VOID))
    for one in (job, other):
        assert "Voided" == gateway.client.get(f"/payments/{one['paymentId']}").json()["status"]
        (booking,) = (
            booking
            for booking in simulator.bookings()
            if booking.get("payment_reference") == gateway.reference_of(one)
        )
        assert ("void", True, 1050) == (booking["kind"], booking["accepted"], booking["released_amount"])
    assert ["job.completed", "job.completed", "job.created", "job.created"] == sorted(
        kind for (kind,) in gateway.rows(EVENTS)
    )
    scraped = gateway.client.get("/metrics").text
    assert 'pgw_expiries_total{status="Completed"} 2.0' in scraped
    assert "pgw_wall_clock_trusted 1.0" in scraped
    assert 0 == gateway.end()


def test_what_the_bank_declines_is_shown_to_the_operator_and_stays_as_it_is(start: Start) -> None:
    gateway = start()
    job = gateway.settled(gateway.pay(VOID_DECLINED, capture=False))
    eventually(lambda: [one[0] for one in gateway.rows(VOID)] == ["Failed"], seconds=20)
    assert "processing_error" == gateway.rows(VOID)[0][3]
    assert "Authorized" == gateway.client.get(f"/payments/{job['paymentId']}").json()["status"]
    (one,) = pgw("unresolved", "--json", database=gateway.database).documents
    assert (job["paymentId"], "Failed", ["ExpiryRefused"]) == (
        one["paymentId"],
        one["jobStatus"],
        [flag["code"] for flag in one["flags"]],
    )
    told = pgw("unresolved", database=gateway.database).out
    assert "\n  ! ExpiryRefused since 20" in told
    assert "processing_error" in told
    assert "Unknown outcomes: 0. Flagged for attention: 1." in told
    assert "1 flag of " in pgw("acknowledge", one["jobId"], database=gateway.database).out
    assert 0 == gateway.end()
    assert [] == [json.loads(line)["Message"] for line in gateway.lines if '"ActorCrashed"' in line]
