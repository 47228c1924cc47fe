"""What is read at the scrape from the objects that know."""
# ruff: noqa: ARG001 - who asks for the clock runs by it

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.event_stream import CAPACITY, EventStream
from pgw.actors.gateway import Gateway
from pgw.actors.mailbox import Reply
from pgw.actors.payment import SubmitPayment
from pgw.actors.settlement import SettlePayment, Verdict
from pgw.bank.port import NotSent
from pgw.domain.job import Job, JobEvent, JobEventType
from pgw.domain.payment import Payment
from pgw.metrics.exposition import KEPT_SECONDS, Exposition
from pgw.metrics.gauges import Gauges
from pgw.storage.port import Backlog
from tests.actors.callers import LATER
from tests.actors.fake_bank import FakeConnector, says_after, says_in_turn
from tests.actors.orders import an_order, authorize
from tests.actors.tree import ports_with, start_gateway
from tests.actors.webhook_scene import no_webhooks
from tests.metrics.families import Scrape
from tests.metrics.gateway import CountingStorage, scraped, some_measures
from tests.simulation.seeded_ports import SimulatedClock


class BusyStorage(CountingStorage):
    @property
    def backlog(self) -> Backlog:
        return Backlog(changes=3, look_ups=5, log_pages=1234)


class Scene:
    """A gateway that runs, and what a scrape says of it."""

    def __init__(self, gateway: Gateway, stream: EventStream, connector: FakeConnector) -> None:
        self.gateway = gateway
        self.stream = stream
        self.connector = connector
        storage, clock = BusyStorage(), SimulatedClock()
        webhooks = no_webhooks(storage, clock)
        gauges = Gauges(gateway, storage, stream, webhooks, lambda: 9, range(7), clock, "1.2.3")
        self._exposition = Exposition(some_measures().registry, gauges)

    async def scrape(self) -> Scrape:
        await trio.sleep(KEPT_SECONDS)
        return await scraped(self._exposition)


@pytest.fixture
async def scene(nursery: trio.Nursery) -> Scene:
    connector = FakeConnector()
    ports = ports_with(BusyStorage(), connector)
    return Scene(await start_gateway(nursery, ports), EventStream(str), connector)


def depths(scrape: Scrape) -> dict[str, float]:
    return {one.labels["mailbox"]: one.value for one in scrape.families["pgw_mailbox_depth"].samples}


def state(scrape: Scrape) -> str:
    (state,) = [
        one.labels["state"] for one in scrape.families["pgw_bank_circuit_state"].samples if one.value == 1
    ]
    return state


async def test_a_gateway_at_rest(scene: Scene, autojump_clock: MockClock) -> None:
    scrape = await scene.scrape()
    assert {"merchant": 0, "settling": 0, "bank": 0, "writes": 3, "reads": 5} == depths(scrape)
    assert ("closed", 0, 0) == (
        state(scrape),
        scrape.value("pgw_bank_sessions"),
        scrape.value("pgw_jobs_in_flight"),
    )
    assert (7, 1234) == (scrape.value("pgw_open_connections"), scrape.value("pgw_storage_log_pages"))
    assert 9 == scrape.value("pgw_payments_turned_away_total")
    assert 1 == scrape.value("pgw_build_info", version="1.2.3")


async def test_of_the_merchants_mailboxes_the_fullest_counts_and_none_is_named(
    scene: Scene, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene.connector.perform = says_after(3600.0)
    for merchant, number in (("mer_a", 2), ("mer_b", 5), ("mer_c", 1)):
        _submit(scene.gateway, merchant, number)
    await wait_all_tasks_blocked()
    _submit(scene.gateway, "mer_a", 3)
    _submit(scene.gateway, "mer_b", 4)
    # Asked of the gateway itself, since a scrape lets the actors run; the first was handed over at once.
    assert 3 == scene.gateway.depths["merchant"]
    scrape = await scene.scrape()
    assert (15, 0) == (scrape.value("pgw_jobs_in_flight"), depths(scrape)["merchant"])
    assert 15 == scrape.value("pgw_bank_sessions")
    assert "mer_" not in scrape.text


def _submit(gateway: Gateway, merchant: str, number: int) -> None:
    for _ in range(number):
        gateway.submit(SubmitPayment(merchant, an_order(), "req_1", Reply()))


async def test_what_operators_and_the_bank_are_asked_for_is_seen_while_it_waits(
    scene: Scene, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    for _ in range(2):
        scene.gateway.settle(SettlePayment("job_1", Verdict.FAILED, "told so", Reply()))
    assert 1 == scene.gateway.depths["settling"]
    scene.connector.perform = says_after(60.0)
    for number in range(53):

        async def perform(reference: str = f"ref_{number}") -> None:
            await scene.gateway.bank.perform(authorize(reference), submit_by=LATER)

        nursery.start_soon(perform)
    scrape = await scene.scrape()
    assert {"settling": 0.0, "bank": 3.0} == {
        name: depth for name, depth in depths(scrape).items() if name in {"settling", "bank"}
    }
    assert 50 == scrape.value("pgw_bank_sessions")


async def test_the_circuits_state_and_how_often_it_opened(scene: Scene, autojump_clock: MockClock) -> None:
    scene.connector.perform = says_in_turn([NotSent("refused")])
    for number in range(10):
        await scene.gateway.bank.perform(authorize(f"ref_{number}"), submit_by=LATER)
    scrape = await scene.scrape()
    assert ("open", 1) == (state(scrape), scrape.value("pgw_bank_circuit_openings_total"))
    scene.connector.perform = says_after(30.0)
    async with trio.open_nursery() as nursery:

        async def probe() -> None:
            await scene.gateway.bank.perform(authorize("probe"), submit_by=LATER)

        nursery.start_soon(probe)
        assert "half-open" == state(await scene.scrape())
    scrape = await scene.scrape()
    assert ("closed", 1) == (state(scrape), scrape.value("pgw_bank_circuit_openings_total"))


async def test_subscribers_are_counted_and_so_are_those_that_were_too_slow(
    scene: Scene, autojump_clock: MockClock
) -> None:
    stream = scene.stream
    with stream.subscribe("mer_a"), stream.subscribe("mer_a"), stream.subscribe("job_2"):
        assert 3 == (await scene.scrape()).value("pgw_stream_subscribers")
        stream.publish([_event(seq) for seq in range(CAPACITY + 1)])
        scrape = await scene.scrape()
        assert 1 == scrape.value("pgw_stream_subscribers")
        assert 2 == scrape.value("pgw_stream_subscribers_dropped_total")
    assert 0 == (await scene.scrape()).value("pgw_stream_subscribers")


def _event(seq: int) -> JobEvent:
    now = SimulatedClock().now()
    payment = Payment.ordered("pay_1", "mer_a", an_order(), "bank", now, reference="ref_1")
    return JobEvent(seq, JobEventType.CREATED, Job.opened("job_1", payment, "req_1"))
