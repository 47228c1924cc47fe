"""What is counted as it happens, in series that no client can make more of."""

import ast
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from pgw.actors.bank_session import ANSWERS
from pgw.bank.port import Authorize, Declined
from pgw.domain.payment import PaymentStatus
from pgw.metrics.measured import ACTORS, METHODS, PrometheusMeasures
from tests.metrics.families import Scrape
from tests.metrics.gateway import exposition_of, scraped, some_measures

ACTOR_FILES = sorted((Path(__file__).parents[2] / "pgw" / "actors").rglob("*.py"))


async def shown(measures: PrometheusMeasures) -> Scrape:
    return await scraped(exposition_of(measures))


async def test_a_request_is_counted_by_method_route_and_status_and_timed_without_its_status() -> None:
    measures = some_measures()
    measures.request_answered("POST", "/payments", 202, 0.004)
    measures.request_answered("POST", "/payments", 202, 0.02)
    measures.request_answered("POST", "/payments", 503, 0.02)
    scrape = await shown(measures)
    assert 2 == scrape.value("pgw_requests_total", method="POST", route="/payments", status="202")
    assert 1 == scrape.value("pgw_requests_total", method="POST", route="/payments", status="503")
    duration = "pgw_request_duration_seconds"
    route = {"method": "POST", "route": "/payments"}
    assert (3, 0.044) == (
        scrape.value(f"{duration}_count", **route),
        scrape.value(f"{duration}_sum", **route),
    )
    assert 1 == scrape.value(f"{duration}_bucket", **route, le="0.005")
    assert 0 == scrape.value(f"{duration}_bucket", **route, le="0.0025")


async def test_a_stream_is_counted_and_how_long_it_was_listened_to_is_no_duration() -> None:
    measures = some_measures()
    measures.request_answered("WS", "/jobs/stream", 101, 3600.0)
    scrape = await shown(measures)
    assert 1 == scrape.value("pgw_requests_total", method="WS", route="/jobs/stream", status="101")
    assert 0 == scrape.value("pgw_request_duration_seconds_count")


async def test_methods_of_a_clients_own_are_one_and_so_are_paths_that_nobody_serves() -> None:
    measures = some_measures()
    for method in ("BREW", "get", "", "GET\n", *METHODS):
        measures.request_answered(method, None, 404, 0.001)
    scrape = await shown(measures)
    assert 4 == scrape.value("pgw_requests_total", method="other", route="unmatched", status="404")
    assert len(METHODS) + 1 == len(scrape.families["pgw_requests_total"].samples)


async def test_what_clients_send_makes_no_more_series() -> None:
    measures, random = some_measures(), Random(7)
    for method in ("other", *METHODS):
        measures.request_answered(method, None, 404, 0.001)
    before = (await shown(measures)).series
    again = some_measures()
    for _ in range(10_000):
        method = random.choice([*sorted(METHODS), f"M{random.random()}"])
        again.request_answered(method, None, 404, random.random())
    assert before == (await shown(again)).series


async def test_every_answer_of_the_bank_has_its_series_from_the_start() -> None:
    measures = some_measures()
    pairs = [(kind, answer) for kind, answers in ANSWERS.items() for answer in get_args(answers)]
    for kind, answer in pairs:
        measures.bank_called(kind, answer, 0.02)
    measures.bank_called(Authorize, Declined, 70.0)
    scrape = await shown(measures)
    name = "pgw_bank_call_duration_seconds"
    for kind, answer in pairs:
        labels = {"kind": kind.__name__, "outcome": answer.__name__}
        expected = 2 if (kind, answer) == (Authorize, Declined) else 1
        assert expected == scrape.value(f"{name}_count", **labels)
        assert 1 == scrape.value(f"{name}_bucket", **labels, le="60.0")
    assert len(pairs) + 1 == scrape.value(f"{name}_count")


async def test_payments_groups_restarts_lag_and_refusals_are_counted() -> None:
    measures = some_measures()
    for status in PaymentStatus:
        measures.payment_became(status)
    measures.group_committed(3, 0.004)
    measures.loop_lagged(0.03)
    measures.refused("Overloaded")
    scrape = await shown(measures)
    assert {str(status): 1.0 for status in PaymentStatus} == {
        sample.labels["status"]: sample.value for sample in scrape.families["pgw_payments_total"].samples
    }
    assert 3 == scrape.value("pgw_storage_group_changes_sum")
    assert [0, 1] == [scrape.value("pgw_storage_group_changes_bucket", le=le) for le in ("2.0", "4.0")]
    assert 0.004 == scrape.value("pgw_storage_commit_duration_seconds_sum")
    assert 0.03 == scrape.value("pgw_event_loop_lag_seconds_sum")
    assert (1, 1) == (
        scrape.value("pgw_refusals_total", code="Overloaded"),
        scrape.value("pgw_refusals_total"),
    )


@pytest.mark.parametrize("actor", [*ACTORS, "stranger"])
async def test_a_restart_is_counted_by_the_kind_of_actor(actor: str) -> None:
    measures = some_measures()
    measures.restarted(actor)
    label = "other" if actor == "stranger" else actor
    scrape = await shown(measures)
    assert (1, 1) == (
        scrape.value("pgw_actor_restarts_total", actor=label),
        scrape.value("pgw_actor_restarts_total"),
    )


def test_the_kinds_of_actors_are_those_of_the_tree() -> None:
    kinds = set()
    for path in ACTOR_FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "ChildSpec":
                kinds.add(ast.unparse(node.args[0]).lstrip("f").strip("'\"").split()[0])
    assert set(ACTORS) == kinds


async def test_two_gateways_in_one_process_count_for_themselves() -> None:
    one, other = some_measures(), some_measures()
    one.refused("Overloaded")
    assert 1 == (await shown(one)).value("pgw_refusals_total")
    assert 0 == (await shown(other)).value("pgw_refusals_total")
