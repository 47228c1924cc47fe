"""The text of a scrape: its form, how often it is made, and what becomes of it in trouble."""
# ruff: noqa: ARG001 - who asks for the clock runs by it

from datetime import timedelta

import pytest
import trio
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics_families
from trio.testing import MockClock

from pgw.domain.payment import PaymentStatus
from pgw.metrics.exposition import KEPT_SECONDS, STORAGE_SECONDS
from pgw.storage.port import UnresolvedCount
from tests.metrics.families import Scrape
from tests.metrics.gateway import CountingStorage, exposition_of, scraped, some_measures
from tests.simulation.seeded_ports import SimulatedClock

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What Prometheus 2 and 3 send.
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        *((accept, PLAIN) for accept in ("", "*/*", "text/plain", "application/json", "text/html,*/*;q=0.8")),
        *((accept, PLAIN) for accept in (",;,", "application/openmetrics-textual", "text/plain;version=1e5")),
        *((accept, OPEN) for accept in (PROMETHEUS_2, PROMETHEUS_3, "application/openmetrics-text")),
        ("Application/OpenMetrics-Text ; version=1.0.0", OPEN),
        ("application/openmetrics-text;version=foo", OPEN),
        ("application/openmetrics-text;version=99\x7f", OPEN),
    ],
)
async def test_the_form_is_one_of_two_whatever_is_accepted(accept: str, content_type: str) -> None:
    scrape = await exposition_of(some_measures()).scrape(accept)
    assert content_type == scrape.content_type
    text = scrape.text.decode()
    if content_type == OPEN:
        assert "pgw_payments" in [family.name for family in open_metrics_families(text)]  # type: ignore[no-untyped-call]
        assert text.endswith("# EOF\n")
    else:
        assert "pgw_payments_total" in Scrape.of(text).families
    assert "_created" not in text


async def test_everything_has_a_text_of_help() -> None:
    scrape = await scraped(exposition_of(some_measures()))
    assert [] == [name for name, family in scrape.families.items() if len(family.documentation) < 15]


async def test_what_is_unresolved_is_counted_by_storage(autojump_clock: MockClock) -> None:
    storage, clock = CountingStorage(), SimulatedClock()
    storage.count = UnresolvedCount(12, clock.now() - timedelta(minutes=3), 4)
    scrape = await scraped(exposition_of(some_measures(), storage, clock))
    assert 1 == scrape.value("pgw_storage_up")
    assert (12, 180, 4) == (
        scrape.value("pgw_unknown_outcomes"),
        scrape.value("pgw_unknown_outcome_oldest_seconds"),
        scrape.value("pgw_flagged_payments"),
    )


@pytest.mark.parametrize("seconds", [0.0, 3600.0])
async def test_without_storage_the_rest_is_served_soon(
    seconds: float,
    autojump_clock: MockClock,
) -> None:
    storage, measures = CountingStorage(), some_measures()
    storage.answers_after, storage.is_sound = seconds, False
    measures.payment_became(PaymentStatus.APPROVED)
    exposition, began = exposition_of(measures, storage), trio.current_time()
    scrape = await scraped(exposition)
    assert trio.current_time() - began <= STORAGE_SECONDS
    assert "pgw_storage_up 0.0\n" in scrape.text
    assert 1 == scrape.value("pgw_payments_total", status="Approved")
    left_out = {"pgw_unknown_outcomes", "pgw_unknown_outcome_oldest_seconds", "pgw_flagged_payments"}
    assert set() == left_out & set(scrape.families)
    storage.answers_after, storage.is_sound = 0.0, True
    await trio.sleep(KEPT_SECONDS)
    assert left_out <= set((await scraped(exposition)).families)


async def test_it_is_made_once_a_second_however_many_ask(
    autojump_clock: MockClock,
) -> None:
    storage, measures = CountingStorage(), some_measures()
    storage.answers_after = 0.5
    exposition = exposition_of(measures, storage)
    with trio.fail_after(STORAGE_SECONDS):
        async with trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(exposition.scrape, "")
    assert 1 == storage.times_asked
    measures.refused("Overloaded")
    assert 0 == (await scraped(exposition)).value("pgw_refusals_total")
    await trio.sleep(KEPT_SECONDS)
    assert 1 == (await scraped(exposition)).value("pgw_refusals_total")
    assert 2 == storage.times_asked


async def test_who_leaves_while_it_is_made_keeps_nobody_from_it(
    autojump_clock: MockClock,
) -> None:
    storage = CountingStorage()
    storage.answers_after = 0.5
    exposition = exposition_of(some_measures(), storage)
    with trio.move_on_after(0.1):
        await exposition.scrape("")
    assert 1 == (await scraped(exposition)).value("pgw_storage_up")
