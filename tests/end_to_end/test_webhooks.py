"""Webhooks from a real gateway to a real receiver on this machine."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.end_to_end.hooks import add
from tests.end_to_end.programs import Gateway, eventually
from tests.end_to_end.receiver import Receiver

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Simulator

FLAGS = ("--webhook-allow-private", "--webhook-schedule", "0" + ",0.2" * 30)
PAYMENTS_A_LIFE = 20
UNDELIVERED = "SELECT count(*) FROM webhook_deliveries WHERE status <> 'Delivered'"


def pay_many(gateway: Gateway) -> None:
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: gateway.pay(), range(PAYMENTS_A_LIFE)))
    assert {202} == {answer.status_code for answer in answers}


def told(gateway: Gateway) -> dict[str, list[int]]:
    """Return the `seq`s that each payment's events have in the database."""
    rows = gateway.rows(
        "SELECT payment_id, json_group_array(seq) FROM (SELECT payment_id, seq FROM events "
        "JOIN jobs ON jobs.id = events.job_id ORDER BY seq) GROUP BY 1"
    )
    return {payment_id: [int(seq) for seq in seqs.strip("[]").split(",")] for payment_id, seqs in rows}


def test_what_is_committed_is_delivered_signed_and_once(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    with Receiver() as receiver:
        gateway = start_gateway(tmp_path / "pgw.db", simulator.url, *FLAGS)
        receiver.secret = add(gateway.client, receiver.url).json()["secret"]
        job = gateway.settled(gateway.pay())
        eventually(lambda: len(receiver.received) >= 2 and gateway.rows(UNDELIVERED) == [(0,)])
        assert ["job.created", "job.completed"] == [one.body["type"] for one in receiver.received]
        assert {job["paymentId"]: [1, 2]} == receiver.of_payments()
        metrics = gateway.client.get("/metrics").text
        assert 'pgw_webhook_try_duration_seconds_count{outcome="2xx"} 2.0' in metrics


def test_nothing_is_lost_and_each_payments_order_is_kept_over_kill_9(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    with Receiver(lambda number: 500 if number % 3 == 1 else 200) as receiver:
        for life in range(3):
            gateway = start_gateway(tmp_path / "pgw.db", simulator.url, *FLAGS)
            if not life:
                receiver.secret = add(gateway.client, receiver.url).json()["secret"]
            before = len(receiver.received)
            pay_many(gateway)
            if life < 2:
                eventually(lambda before=before: len(receiver.received) > before + 10)  # type: ignore[misc]
                gateway.end(signal.SIGKILL)
        eventually(lambda: gateway.rows(UNDELIVERED) == [(0,)], seconds=30)
        assert told(gateway) == receiver.of_payments()
        assert 3 * PAYMENTS_A_LIFE <= len(receiver.of_payments())
        ids = {(one.id, one.sequence) for one in receiver.received}
        assert len(ids) == len({one for one, _ in ids}) == len({one for _, one in ids})


def test_a_stop_lets_what_is_under_way_end_and_the_next_start_goes_on(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    with Receiver() as receiver:
        gateway = start_gateway(tmp_path / "pgw.db", simulator.url, *FLAGS)
        receiver.secret = add(gateway.client, receiver.url).json()["secret"]
        pay_many(gateway)
        assert 0 == gateway.end()
        again = start_gateway(tmp_path / "pgw.db", simulator.url, *FLAGS)
        eventually(lambda: again.rows(UNDELIVERED) == [(0,)], seconds=30)
        assert told(again) == receiver.of_payments()
        assert len(receiver.received) == sum(map(len, told(again).values())), "none was sent twice"
