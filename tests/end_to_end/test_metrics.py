"""What Prometheus is told, by a real gateway with a real bank."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import httpx

from pgw.domain.payment import PaymentStatus
from tests.end_to_end.commands import ANSWER_LOST, HANGS
from tests.end_to_end.faults import NO_BANK, faulty_gateway
from tests.end_to_end.programs import KEY, OTHER_KEY, order
from tests.end_to_end.scraping import scrape, scraped_once
from tests.end_to_end.sockets import WHOLE, connected, heard

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway, StartSimulator
    from tests.end_to_end.programs import Gateway
    from tests.metrics.families import Scrape

DECLINED = "4000000000000002"
SOON = ("--bank-timeout", "1", "--inquiry-first", "0.1", "--inquiry-longest", "0.5")
LISTEN = (
    b"GET /jobs/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ap_123\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CALLS = "pgw_bank_call_duration_seconds_count"


def test_what_happens_is_counted(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    # What it hung over it never saw, and it does not reverse it either: that stays unknown, and is flagged.
    bank = start_simulator("--refuse-reversals", "1")
    gateway = start_gateway(tmp_path / "pgw.db", bank.url, *SOON)
    assert [1, 1] == [
        scrape(gateway.url).value("pgw_bank_circuit_state", state="closed"),
        scrape(gateway.url).value("pgw_build_info"),
    ]
    with connected(gateway) as stream:
        stream.sendall(LISTEN)
        heard(stream, b"stream.ready")
        settled = [gateway.settled(gateway.pay(number)) for number in ("4242424242424242", DECLINED)]
        settled.append(gateway.settled(gateway.pay(capture=False)))
        assert ["Approved", "Declined", "Authorized"] == [job["paymentStatus"] for job in settled]
        assert [202, 202] == [gateway.pay(number).status_code for number in (ANSWER_LOST, HANGS)]
        refused_in_several_ways(gateway)
        found = scraped_once(gateway.url, is_settled)
        assert_payments_and_calls(found)
        assert_requests_and_refusals(found)
        assert 1 == found.value("pgw_stream_subscribers")
        assert found.value("pgw_open_connections") >= 2
        # Each of five payments was accepted and answered; one was looked up.
        assert found.value("pgw_storage_group_changes_sum") >= 11
        commits = found.value("pgw_storage_commit_duration_seconds_count")
        assert (True, commits) == (commits > 0, found.value("pgw_storage_group_changes_count"))
        assert found.value("pgw_event_loop_lag_seconds_count") >= 4
    bank.end()
    assert [202] * 3 == [gateway.pay().status_code for _ in range(3)]
    opened = scraped_once(gateway.url, lambda now: now.value("pgw_bank_circuit_openings_total") >= 1)
    assert opened.value(CALLS, kind="Authorize", outcome="NotSent") >= 3
    assert (3, 0) == (opened.value("pgw_jobs_in_flight"), opened.value("pgw_stream_subscribers"))
    assert 1 == opened.value("pgw_requests_total", method="WS", route="/jobs/stream", status="101")
    assert 0 == opened.value("pgw_actor_restarts_total")


def is_settled(now: Scrape) -> bool:
    return (2, 1) == (
        now.value("pgw_payments_total", status="Approved"),
        now.value("pgw_flagged_payments"),
    )


def refused_in_several_ways(gateway: Gateway) -> None:
    refused = [
        gateway.client.get("/jobs/job_x", headers={"Authorization": "Bearer none-of-ours"}),
        gateway.client.get("/jobs/job_x"),
        gateway.pay(amount=0),
        gateway.client.get("/4242424242424242"),
        gateway.client.request("BREW", "/payments"),
    ]
    assert [401, 404, 400, 404, 405] == [answer.status_code for answer in refused]


def assert_payments_and_calls(found: Scrape) -> None:
    payments = found.families["pgw_payments_total"].samples
    expected = dict.fromkeys(PaymentStatus, 0) | {
        PaymentStatus.CREATED: 5,
        PaymentStatus.AUTHORIZED: 1,
        PaymentStatus.APPROVED: 2,
        PaymentStatus.DECLINED: 1,
        PaymentStatus.UNKNOWN: 2,
    }
    assert expected == {one.labels["status"]: one.value for one in payments}
    assert [2, 1, 2] == [
        found.value(CALLS, kind="Authorize", outcome=outcome)
        for outcome in ("Authorized", "Declined", "Doubtful")
    ]
    assert 1 == found.value(CALLS, kind="LookUp", outcome="Authorized")
    assert 1 == found.value(CALLS, kind="Reverse", outcome="NotReversible")
    # The one that hung took the second that the bank has.
    assert found.value("pgw_bank_call_duration_seconds_sum", outcome="Doubtful") >= 1
    assert (1, 1) == (found.value("pgw_storage_up"), found.value("pgw_unknown_outcomes"))
    assert 1 <= found.value("pgw_unknown_outcome_oldest_seconds") < 60
    assert 0 == found.value("pgw_jobs_in_flight")
    assert found.value("pgw_bank_sessions") >= 1


def assert_requests_and_refusals(found: Scrape) -> None:
    def requests(method: str, route: str, status: str) -> float:
        return found.value("pgw_requests_total", method=method, route=route, status=status)

    assert (5, 1) == (requests("POST", "/payments", "202"), requests("POST", "/payments", "400"))
    assert [1, 1] == [requests("GET", "/jobs/{jobId}", status) for status in ("401", "404")]
    assert (1, 1) == (requests("GET", "unmatched", "404"), requests("other", "unmatched", "405"))
    assert requests("GET", "/metrics", "200") >= 1
    timed = found.value("pgw_request_duration_seconds_count", method="POST", route="/payments")
    assert (6, True) == (timed, found.value("pgw_request_duration_seconds_sum", route="/payments") > 0)
    refusals = {one.labels["code"]: one.value for one in found.families["pgw_refusals_total"].samples}
    codes = ("UnauthorizedAccess", "UnknownJob", "InvalidAmount", "UnknownRoute", "MethodNotAllowed")
    assert dict.fromkeys(codes, 1) == {code: number for code, number in refusals.items() if number}


def test_no_key_is_needed_and_nothing_of_a_card_a_key_or_a_merchant_is_told(gateway: Gateway) -> None:
    job = gateway.settled(gateway.pay(metadata={"customer": "canary-17"}))
    other = gateway.client.post("/payments", json=order(DECLINED), headers=OTHER_KEY).json()
    gateway.client.get("/canary-18/4242424242424242", headers={"X-Request-Id": "canary-19"})
    found = scraped_once(gateway.url, lambda now: now.value("pgw_requests_total", route="unmatched") >= 1)
    ids = [value for name, value in (job | other).items() if name.endswith("Id")]
    digests = [row[0] for row in gateway.rows("SELECT digest FROM api_keys")]
    secrets = ["4242424242424242", DECLINED, "ap_123", "ap_456", "mer_", "canary", *ids, *digests]
    assert [] == [secret for secret in secrets if secret in found.text]
    labels = {
        value for family in found.families.values() for one in family.samples for value in one.labels.values()
    }
    assert [] == [label for label in labels if "4242" in label]


def test_what_accepts_no_json_is_answered_here_alone(gateway: Gateway) -> None:
    accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
    answer = httpx.get(f"{gateway.url}/metrics", headers=accept)
    assert (200, "application/openmetrics-text; version=1.0.0; charset=utf-8") == (
        answer.status_code,
        answer.headers["Content-Type"],
    )
    assert answer.text.endswith("# EOF\n")
    assert 406 == httpx.get(f"{gateway.url}/health/live", headers=accept).status_code


def test_with_an_address_of_their_own_they_are_there_and_nowhere_else(
    tmp_path: Path, start_simulator: StartSimulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(
        tmp_path / "pgw.db", start_simulator().url, PGW_METRICS_ADDRESS="127.0.0.1:0", PGW_GRACE="3"
    )
    apart = metrics_url(gateway)
    # By a client of its own: what this gateway describes is without it too.
    assert "UnknownRoute" == httpx.get(f"{gateway.url}/metrics").json()["code"]
    assert "/metrics" not in gateway.client.get("/openapi.json").json()["paths"]
    assert 1 == scrape(apart).value("pgw_storage_up")
    assert [200, 200] == [httpx.get(f"{apart}/health/{state}").status_code for state in ("live", "ready")]
    for path in ("/payments", "/payments/pay_x", "/jobs/job_x", "/jobs/stream", "/problems/UnknownJob", "/"):
        answers = [httpx.request(method, apart + path, headers=KEY) for method in ("GET", "POST")]
        assert ["UnknownRoute"] * 2 == [answer.json()["code"] for answer in answers]
    # A drain can be watched to its end.
    assert 202 == gateway.pay(HANGS).status_code
    gateway.process.send_signal(signal.SIGTERM)
    gateway.wait_for_line('"Stopping"')
    assert 503 == httpx.get(f"{apart}/health/ready").status_code
    assert 1 == scraped_once(apart, lambda now: now.value("pgw_jobs_in_flight") == 1).value("pgw_storage_up")
    assert 0 == gateway.ended()


def metrics_url(gateway: Gateway) -> str:
    line = gateway.wait_for_line('"MetricsReady"')
    return line.partition('"Url":"')[2].partition('"')[0]


def test_in_trouble_with_storage_the_rest_is_told_soon(tmp_path: Path) -> None:
    with faulty_gateway(tmp_path / "pgw.db", NO_BANK) as gateway:
        assert 202 == gateway.pay().status_code
        assert 1 == scrape(gateway.url).value("pgw_storage_up")
        gateway.have("unreadable")
        found = scraped_once(gateway.url, lambda now: now.value("pgw_storage_up") == 0)
        assert_told_without_storage(found)
        gateway.have()
        scraped_once(gateway.url, lambda now: "pgw_unknown_outcomes" in now.families)
        gateway.have("hang")
        with connected(gateway) as first, connected(gateway) as second:
            first.sendall(WHOLE)
            scraped_once(gateway.url, lambda now: now.value("pgw_open_connections") >= 3)
            second.sendall(WHOLE)
            found = scraped_once(gateway.url, lambda now: waiting(now) == 1)
            assert 1 == found.value("pgw_storage_up"), "reads have a thread of their own"
            gateway.have("hang", "stuck")
            found = scraped_once(gateway.url, lambda now: now.value("pgw_storage_up") == 0)
        assert_told_without_storage(found)


def waiting(found: Scrape) -> float:
    return found.value("pgw_mailbox_depth", mailbox="writes")


def assert_told_without_storage(found: Scrape) -> None:
    assert 1 == found.value("pgw_requests_total", method="POST", status="202")
    assert "pgw_unknown_outcomes" not in found.families


def test_a_restart_is_told(tmp_path: Path) -> None:
    with faulty_gateway(tmp_path / "pgw.db", NO_BANK) as gateway:
        gateway.have("stumble")
        found = scraped_once(gateway.url, lambda now: now.value("pgw_actor_restarts_total") > 0)
        assert (1, 1) == (
            found.value("pgw_actor_restarts_total", actor="housekeeping"),
            found.value("pgw_actor_restarts_total"),
        )
