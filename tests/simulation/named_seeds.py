"""Each bug that the simulation has found, as a small scenario of its own, with what it was in a sentence.

A scenario outlives the seed that found the bug, which means something else as soon as a plan changes.
"""

from collections.abc import Awaitable, Callable
from functools import partial

import trio
from attrs import frozen

from pgw.bank.http import HttpBank
from pgw.bank.port import Authorize, Authorized, BankFeature
from pgw.domain.money import Currency, Money
from pgw.domain.result import Ok
from pgw.domain.webhook import DisabledBecause, WebhookEndpoint
from pgw.storage.port import StorageLost
from tests.simulation.acknowledged import DATABASE, Outcome, compare
from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_faults import Arrival, BankFaults, Fate, Said
from tests.simulation.bank_network import SimulatedNetwork
from tests.simulation.disk import Disk
from tests.simulation.disk_faults import DiskFaults
from tests.simulation.life import Life, ProcessDied
from tests.simulation.named_operations import void_behind_a_503
from tests.simulation.orders import CARD, MERCHANT, accepted
from tests.simulation.seeded import Simulation, run_seed
from tests.simulation.storage import open_simulated_storage

LONGEST_END_SECONDS = 60.0
Scenario = Callable[[Simulation], Awaitable[list[str]]]


@frozen
class NamedSeed:
    """`is_open` is a bug that is still there: its test fails once it is gone, so that nobody forgets this."""

    name: str
    sentence: str
    scenario: Scenario
    is_open: bool = False
    seeds: int = 40

    def findings(self) -> list[str]:
        """Run it under some seeds, each of which decides what is lost and when."""
        return [finding for seed in range(self.seeds) for finding in run_seed(self.scenario, seed).answer]


async def fail_to_sync(simulation: Simulation) -> list[str]:
    """Write, fail a commit's fsync, end, write again in the next life, and lose power."""
    disk, outcome = Disk(simulation.random), Outcome()
    opened = partial(open_simulated_storage, disk, DATABASE, lambda _: None)
    try:
        async with opened(life=Life()) as storage:
            await storage.add_merchant(MERCHANT)
            disk.faults = DiskFaults(sync_fails=1)
            await storage.write(accepted(simulation))
    except* StorageLost:
        disk.crash(power_cut=False)
        disk.heal()
    life = Life()
    try:
        async with opened(life=life) as storage:
            change = accepted(simulation)
            assert Ok(None) == await storage.write(change)
            outcome.acknowledged.append(change.job.id)
            life.kill()
            disk.crash(power_cut=True)
    except* ProcessDied:
        pass
    async with opened(life=Life()) as storage:
        await compare(storage, outcome)
    return outcome.findings


async def fail_to_sync_under_a_shield(simulation: Simulation) -> list[str]:
    """Fail the fsync of a write whose caller cannot be cancelled."""
    disk, at = Disk(simulation.random), simulation.clock.now()
    endpoint = WebhookEndpoint.added(simulation.ids.new("whe"), MERCHANT.id, "https://a.example", at)
    waiting = trio.CancelScope(deadline=trio.current_time() + LONGEST_END_SECONDS, shield=True)
    try:
        async with open_simulated_storage(disk, DATABASE, lambda _: None, life=Life()) as storage:
            await storage.add_merchant(MERCHANT)
            await storage.add_endpoint(endpoint)
            disk.faults = DiskFaults(sync_fails=1)
            with waiting:
                await storage.disable_endpoint(endpoint.disabled(DisabledBecause.GONE, at))
    except* StorageLost:
        pass
    return ["the process did not end"] if waiting.cancelled_caught else []


async def answer_twice_without_a_reference(simulation: Simulation) -> list[str]:
    """Pay twice over one connection, on which the first answer comes again while the other is awaited."""
    return await _pay_over_one_connection(simulation, payments=2, anonymous_twins=1.0)


async def answer_twice_and_go_on(simulation: Simulation) -> list[str]:
    """Pay four times; where the first answer is told from the second one's, that one's is still to come."""
    return await _pay_over_one_connection(simulation, payments=4, anonymous_twins=0.0)


async def _pay_over_one_connection(
    simulation: Simulation, *, payments: int, anonymous_twins: float
) -> list[str]:
    """Return who was told an answer that is not theirs."""
    findings = []
    async with trio.open_nursery() as nursery:
        bank = SimulatedBank(simulation.random, nursery)
        bank.faults = BankFaults(decline=0.0, anonymous_twins=anonymous_twins)
        bank.fates = [Fate(Arrival.NOW, Said.TWICE)]
        connector = HttpBank("bank", "http://bank", frozenset(BankFeature), SimulatedNetwork(bank, Life()))
        async with connector.connection() as connection:
            for number in range(1, payments + 1):
                call = Authorize(f"ref_{number}", Money(number, Currency("EUR", 2)), CARD, capture=True)
                answer = await connection.perform(call)
                codes = [booking.authorization_code for booking in bank.ledger.of(call.reference)]
                if isinstance(answer, Authorized) and answer.authorization_code not in codes:
                    findings.append(f"{call.reference} was told the answer to another call")
        nursery.cancel_scope.cancel()
    return findings


NAMED_SEEDS = (
    NamedSeed(
        "fsync-failed-before",
        "After a failed fsync the next life built on rows that were only in the system's memory, so that a "
        "power cut lost what that life had acknowledged.",
        fail_to_sync,
    ),
    NamedSeed(
        "fsync-failed-under-a-shield",
        "After a failed fsync the caller of that write was answered nothing. One that was shielded, such as "
        "who disables an endpoint, kept the process from its end, so that no other was started.",
        fail_to_sync_under_a_shield,
    ),
    NamedSeed(
        "answered-twice-without-a-reference",
        "An answer that names no reference and comes a second time while the next call waits on the "
        "same connection was taken for that call's: a payment was Approved and never charged, or Failed "
        "and charged.",
        answer_twice_without_a_reference,
    ),
    NamedSeed(
        "out-of-step",
        "A connection stayed in use after an answer to another reference had been read on it, so that each "
        "later call was told the answer to the one before: Approved and never charged.",
        answer_twice_and_go_on,
    ),
    NamedSeed(
        "voided-behind-a-503",
        "A void that was answered with 503 and arrived all the same was refused as done already where it was "
        "sent again, which was taken for the bank's no: the payment stayed Authorized, and was voided.",
        void_behind_a_503,
        seeds=12,
    ),
)
