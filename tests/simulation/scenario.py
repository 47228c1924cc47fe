"""One seed from its plan to its verdict, in two phases.

While there are faults nothing may be lost or charged twice; once they are over, everything must settle within
a bounded time. Then the power is cut once more, and what is on disk is judged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from unittest.mock import patch

import trio
from attrs import frozen

from pgw.actors import trusted_time, webhook_delivery, webhook_endpoint, webhook_ports
from pgw.domain.flag import FlagCode
from pgw.domain.times import milliseconds
from pgw.storage import sqlite
from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_ledger import standing
from tests.simulation.books import Books
from tests.simulation.clients import Order, Refused, orders_of, pay
from tests.simulation.disk import Disk
from tests.simulation.endpoint_history import Kept
from tests.simulation.endpoint_keeper import EndpointKeeper
from tests.simulation.evidence import Evidence, is_refuted
from tests.simulation.instructions import instruct, instructions_for
from tests.simulation.job_watchers import watch_jobs
from tests.simulation.life import Life
from tests.simulation.lives import keep_running
from tests.simulation.log_lines import log_lines
from tests.simulation.mischief import killable_actors, make_mischief, operate
from tests.simulation.oracle import violations
from tests.simulation.oracle_of_events import Stream, events_at_the_end
from tests.simulation.oracle_of_webhooks import webhooks_at_the_end
from tests.simulation.plan import Plan
from tests.simulation.process import DATABASE, MERCHANTS
from tests.simulation.receiver import Receiver
from tests.simulation.receiver_faults import LONGEST_RETRY_AFTER
from tests.simulation.seeded import Simulation
from tests.simulation.storage import books_of, connection_of, open_simulated_storage
from tests.simulation.subscriber import follow
from tests.simulation.tally import Tally
from tests.simulation.webhook_books import count_undelivered, read_deliveries
from tests.simulation.world import World

LONGEST_PHASE_SECONDS = 600.0
SETTLED_EVERY_SECONDS = 2.0
LOOK_SECONDS = 1.0
CLOCK_TRUSTED_AFTER_SECONDS = 20.0
"""So that lives of some ten seconds see authorizations expire."""


@frozen
class Verdict:
    """What was found wrong, and what happened."""

    violations: tuple[str, ...]
    tally: Tally


async def simulate(simulation: Simulation, plan: Plan) -> Verdict:
    """Run a seed to its verdict."""
    random = simulation.random
    simulation.trace.event(str(plan))
    disk = Disk(random, trio.current_time)
    disk.faults = plan.disk
    merchant_ids = [merchant.id for merchant in MERCHANTS[: plan.merchants]]
    orders = orders_of(
        random,
        plan.clients * plan.orders_of_each,
        merchant_ids,
        keyless=plan.keyless,
        capture_later=plan.capture_later,
    )
    async with trio.open_nursery() as nursery:
        bank = SimulatedBank(random, nursery, simulation.trace.event)
        bank.faults = plan.bank
        streams = [Stream(merchant_id) for merchant_id in merchant_ids]
        kept = [
            Kept(Receiver(merchant_id, f"https://{merchant_id}.example/{number}", plan.webhooks.faults))
            for merchant_id in merchant_ids
            for number in range(plan.webhooks.endpoints)
        ]
        world = World(simulation, plan, disk, bank, nursery, orders, streams, kept)
        with log_lines(world.hear), killable_actors(world), _patched(plan):
            await _run(world)
        nursery.cancel_scope.cancel()
    return await _judge(world)


@contextmanager
def _patched(plan: Plan) -> Iterator[None]:
    with (
        patch.object(sqlite, "CHANGES_A_CHECKPOINT", plan.changes_a_checkpoint),
        patch.object(trusted_time, "TRUSTED_AFTER_SECONDS", CLOCK_TRUSTED_AFTER_SECONDS),
        patch.object(webhook_endpoint, "MOST_AT_A_TIME", plan.webhooks.of_endpoint),
        # A time that is further away than the longest wait is of a clock that went wrong.
        patch.object(webhook_ports, "LONGEST_ASKED_FOR", LONGEST_RETRY_AFTER),
        patch.object(webhook_delivery, "LONGEST_ASKED_FOR", LONGEST_RETRY_AFTER),
    ):
        yield


async def _run(world: World) -> None:
    async with trio.open_nursery() as nursery:
        for number in range(world.plan.clients):
            orders = world.orders[number :: world.plan.clients]
            paid = partial(_operate_on, world)
            nursery.start_soon(pay, world.simulation.random, orders, world.client, paid)
        for stream in list(world.streams):
            nursery.start_soon(_follow, world, stream)
        for kept in world.kept:
            nursery.start_soon(EndpointKeeper(world, kept).keep)
        for task in (make_mischief, operate, watch_jobs, keep_running):
            nursery.start_soon(task, world)
        await world.calm.wait()
        await _settle(world)
        world.is_over = True
        assert world.life is not None
        world.end(world.life, "the end", power_cut=True)
        nursery.cancel_scope.cancel()


async def _operate_on(world: World, order: Order) -> None:
    """Let a merchant do what it wants with what it paid, as far as the plan goes."""
    random, plan = world.simulation.random, world.plan
    instructions = []
    if random.random() < plan.operated:
        instructions = instructions_for(random, order, plan.keyless)
    # Before the order is done, so that there is always something left to be done.
    world.instructions += instructions
    order.is_done = True
    await instruct(random, instructions, world.client)


async def _follow(world: World, stream: Stream) -> None:
    while True:
        await follow(world.simulation.random, await world.reached(), stream)


async def _settle(world: World) -> None:
    """Wait until nothing is left to be done, or for too long."""
    with trio.move_on_after(LONGEST_PHASE_SECONDS + 4 * world.plan.inquiry_longest):
        while not _is_settled(world):  # noqa: ASYNC110 - nobody tells when storage has settled
            await trio.sleep(SETTLED_EVERY_SECONDS)
        return
    world.report(f"stuck: not settled {trio.current_time():.0f} s after the beginning: {_unsettled(world)}")


def _is_settled(world: World) -> bool:
    return not any(_unsettled(world).values())


def _unsettled(world: World) -> dict[str, int]:
    if world.process is None:
        return {"starts": 1}
    books = books_of(world.process.storage)
    return {
        "orders and instructions": sum(not one.is_done for one in world.wanted),
        "open jobs": len(books.open_jobs),
        "requests on their way": world.bank.on_its_way,
        "streams": sum(not _is_at_its_end(one, books) for one in world.streams),
        "webhooks": count_undelivered(connection_of(world.process.storage)),
        "merchants that want something": sum(not one.is_content for one in world.kept),
        "late charges to be flagged": len(_late_charges(world, books)),
        "expired authorizations": len(_expired(world, books)),
    }


def _expired(world: World, books: Books) -> list[str]:
    now = milliseconds(world.simulation.clock.now())
    return [one.payment_id for one in books.payments.values() if one.expires_at and one.expires_at <= now]


def _is_at_its_end(stream: Stream, books: Books) -> bool:
    return stream.has_ended if stream.job_id else stream.seq == books.last_seqs[stream.merchant_id]


def _late_charges(world: World, books: Books) -> list[str]:
    """Return what an operator said had failed, and the bank did, and is not flagged yet."""
    return [
        job.job_id
        for job in books.jobs
        if is_refuted(job)
        and FlagCode.LATE_DECISION not in job.flags
        and standing(world.bank.ledger.decisions(job.reference))
    ]


async def _judge(world: World) -> Verdict:
    """Open what the last power cut left, and compare."""
    async with open_simulated_storage(world.disk, DATABASE, lambda _: None, life=Life(0)) as storage:
        books, deliveries = books_of(storage), read_deliveries(connection_of(storage))
    evidence = Evidence(
        books,
        world.bank.ledger,
        world.orders,
        frozenset(world.settled),
        frozenset(world.late),
        world.instructions,
        world.bank.conduct.seen,
        jumps=world.plan.jumps,
    )
    log, tries = world.log, len(world.plan.webhooks.schedule)
    for violation in chain(
        violations(evidence),
        log.take(books.events, books.forgotten_seqs),
        events_at_the_end(books, log, world.streams, world.polls),
        webhooks_at_the_end(deliveries, log, world.kept, books.forgotten_seqs, tries),
    ):
        world.report(violation)
    tally = world.tally
    tally.seeds, tally.violated = 1, int(bool(world.found))
    tally.steps, tally.virtual_seconds = world.simulation.trace.steps, trio.current_time()
    _count(tally, books, world)
    return Verdict(tuple(world.found), tally)


def _count(tally: Tally, books: Books, world: World) -> None:
    """Count what was paid, and what was done with it."""
    for payment in books.payments.values():
        tally.count("payments", payment.status)
    for job in books.jobs:
        tally.count("attempts", job.outcome)
        for flag in sorted(job.flags):
            tally.count("flags", flag)
        if not job.is_payment:
            tally.count("operations", f"{job.type} {job.failure or job.job_status}")
    for instruction in world.instructions:
        for answer in instruction.answers:
            name = answer.reason if isinstance(answer, Refused) else type(answer).__name__
            tally.count("instructions", name)
    _count_around(tally, world)


def _count_around(tally: Tally, world: World) -> None:
    """Count what banks, streams and receivers heard."""
    for name, number in sorted(world.bank.calls.items()):
        tally.count("calls to the bank", name, number)
    tally.count("calls to the bank", "payments and operations", sum(world.bank.ledger.arrivals.values()))
    for stream in world.streams:
        what = "by streams of jobs" if stream.job_id else "by streams of merchants"
        tally.count("events told", what, len(stream.told))
    tally.count("events told", "by polls", len(world.polls))
    for kept in world.kept:
        tally.count("webhooks", "sent", kept.receiver.sent.total())
        tally.count("webhooks", "acknowledged", sum(one.was_acknowledged for one in kept.receiver.tellings))
