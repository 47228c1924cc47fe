"""One life after the other, each ended as the plan says unless it ends by itself."""

from functools import partial
from itertools import chain

import trio

from pgw.actors.supervisor import RestartIntensityExceeded
from pgw.bank.port import Accepted, Answer, Authorized, Call, LookUp
from pgw.domain.attempt import AttemptOutcome
from pgw.http.stopping import Stopping
from pgw.storage.port import StorageCannotOpen, StorageLost, StorageUnavailable
from pgw.storage.sqlite import SqliteStorage
from tests.simulation.crashes import raised_by
from tests.simulation.disk import Operation
from tests.simulation.evidence import Evidence
from tests.simulation.life import Life, ProcessDied
from tests.simulation.log_lines import LIFE
from tests.simulation.mischief import faulty_clock
from tests.simulation.oracle import violations_at_start
from tests.simulation.oracle_of_events import events_at_start
from tests.simulation.oracle_of_webhooks import webhooks_at_start
from tests.simulation.plan import LONGEST_LIFE_SECONDS, Ending, Kind, Unit
from tests.simulation.process import SECRET, Process, Surroundings, run_process
from tests.simulation.storage import books_of, check_integrity, connection_of, timeline_faults
from tests.simulation.webhook_books import read_deliveries
from tests.simulation.world import World

LONGEST_ABSENCE_SECONDS = 3.0
SECONDS_TO_FLAG = 60.0


async def keep_running(world: World) -> None:
    """Start the gateway again and again, as an init system does; the last life is without an ending."""
    random, endings, number = world.simulation.random, iter(world.plan.endings), 0
    while not world.is_over:
        number += 1
        ending = next(endings, None)
        life = world.life = Life(number)
        stopping = Stopping()
        if ending is not None:
            arm(world, life, ending, stopping)
        elif not world.calm.is_set():
            if world.plan.heals_alive:
                world.nursery.start_soon(_become_calm_some_time, world)
            else:
                world.become_calm()
        world.nursery.start_soon(_live, world, life, stopping)
        await life.ended.wait()
        disarm(world)
        await trio.sleep(random.random() * LONGEST_ABSENCE_SECONDS)


async def _become_calm_some_time(world: World) -> None:
    await trio.sleep(world.simulation.random.random() * LONGEST_LIFE_SECONDS)
    if not world.is_calm:
        world.become_calm()


def arm(world: World, life: Life, ending: Ending, stopping: Stopping) -> None:
    """See to it that the life ends as planned."""
    disk, trace = world.disk, world.simulation.trace

    def end() -> None:
        if ending.kind is Kind.STOP:
            stopping.set()
        else:
            world.end(life, str(ending.kind), power_cut=ending.kind is Kind.POWER_CUT)

    async def end_at(seconds: float) -> None:
        with life.guest():
            await trio.sleep(seconds)
            end()

    match ending.unit:
        case Unit.SECONDS:
            world.nursery.start_soon(end_at, ending.after)
        case Unit.OPERATIONS:
            last = disk.operations + int(ending.after)

            def on_operation(operation: Operation, name: str) -> None:
                if disk.operations == last and not life.is_over:
                    trace.event(f"disk: ends at {operation} {name}")
                    end()

            disk.on_operation = on_operation
        case Unit.STEPS:
            at = trace.steps + int(ending.after)
            trace.on_step = lambda steps: end() if steps == at and not life.is_over else None
    world.nursery.start_soon(end_at, LONGEST_LIFE_SECONDS)


def disarm(world: World) -> None:
    world.disk.on_operation = lambda _operation, _name: None
    world.simulation.trace.on_step = lambda _steps: None


async def _live(world: World, life: Life, stopping: Stopping) -> None:
    LIFE.set(life)
    how = str(Kind.STOP)
    around = Surroundings(
        world.simulation,
        world.plan,
        world.disk,
        world.bank,
        {one.receiver.url: one.receiver for one in world.kept},
        faulty_clock(world),
        partial(_hear, world, life),
        world.report,
    )

    async def on_ready(process: Process) -> None:
        if not life.is_over:
            world.begin(process)
        await trio.lowlevel.checkpoint()

    try:
        with life.scope:
            await run_process(around, life, stopping, partial(_judge_start, world), on_ready)
    except* ProcessDied:
        pass
    except* StorageLost:
        how = "lost storage"
    except* (StorageCannotOpen, StorageUnavailable) as error:
        how = "no start"
        if world.process is not None and not life.is_over:
            world.report(f"ended: {raised_by(error)}")
    except* RestartIntensityExceeded:
        how = "too many crashes"
    except* Exception as bug:  # noqa: BLE001 - whatever it is, it is the finding
        if not life.is_over:
            world.report(f"ended: {raised_by(bug)}")
    world.end(life, how, power_cut=world.simulation.random.random() < 0.3)


def _hear(world: World, life: Life, call: Call, answer: Answer) -> None:
    """Remember an approval that came after a reversal began, if the life outlives it for long enough."""

    async def outlive() -> None:
        with life.guest():
            await trio.sleep(SECONDS_TO_FLAG)
            world.late[call.reference] = None

    is_late = (
        isinstance(call, LookUp) and isinstance(answer, Authorized | Accepted) and world.process is not None
    )
    if is_late and not (world.plan.kills or world.plan.bugs) and not life.is_over:
        assert world.process is not None
        outcomes = {one.reference: one.outcome for one in books_of(world.process.storage).jobs}
        if outcomes.get(call.reference) in (AttemptOutcome.REVERSING, AttemptOutcome.NOT_REVERSIBLE):
            world.nursery.start_soon(outlive)


async def _judge_start(world: World, storage: SqliteStorage) -> None:
    """Judge what a life finds on disk, before it does anything."""
    for finding in check_integrity(connection_of(storage)):
        world.report(f"damaged: {finding}")
    for fault in timeline_faults(connection_of(storage), SECRET):
        world.report(fault)
    books, log = books_of(storage), world.log
    deliveries = read_deliveries(connection_of(storage))
    evidence = Evidence(books, world.bank.ledger, world.orders, instructions=world.instructions)
    for violation in chain(
        violations_at_start(evidence),
        log.take(books.events, books.forgotten_seqs),
        events_at_start(books, log, world.streams, world.polls),
        webhooks_at_start(deliveries, log, world.kept),
    ):
        world.report(violation)
    await trio.lowlevel.checkpoint()
