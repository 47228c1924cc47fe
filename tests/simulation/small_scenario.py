"""A small world of disk, engine, bank and the real connector, for the test that a seed decides everything.

`python -m tests.simulation.small_scenario 1 2 3` prints a line for each seed.
"""

import sys
from pathlib import Path

import trio

from pgw.bank.http import HttpBank
from pgw.bank.port import Authorize, BankConnection, BankFeature, LookUp, Reverse
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.job import Job
from pgw.domain.merchant import ApiKey, Merchant
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentOrder
from pgw.storage.port import Change, Storage, StorageCannotOpen, StorageLost, StorageUnavailable
from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_faults import STORMY
from tests.simulation.bank_network import SimulatedNetwork
from tests.simulation.disk import Disk
from tests.simulation.disk_faults import DiskFaults
from tests.simulation.life import Life, ProcessDied
from tests.simulation.seeded import Simulation, run_seed
from tests.simulation.storage import open_simulated_storage

LIVES = 3
PAYERS = 4
LONGEST_LIFE_SECONDS = 60.0
FAULTS = DiskFaults(fills_up=0.001, write_fails=0.001, sync_fails=0.005, commit_lies=0.02)
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))


async def small_scenario(simulation: Simulation) -> str:
    """Pay from several tasks in a few lives, each ended by a kill or a power cut; return the disk's hash."""
    disk = Disk(simulation.random, trio.current_time)
    disk.faults = FAULTS
    disk.on_operation = lambda operation, name: simulation.trace.event(f"disk: {operation} {name}")
    async with trio.open_nursery() as world:
        bank = SimulatedBank(simulation.random, world, simulation.trace.event)
        bank.faults = STORMY
        for number in range(LIVES):
            life = Life(number)
            world.start_soon(_end, simulation, life, disk)
            try:
                with life.scope:
                    await _live(simulation, life, disk, bank)
            except* (ProcessDied, StorageCannotOpen, StorageLost, StorageUnavailable) as ends:
                simulation.trace.event(
                    f"life {number} ends: {[type(end).__name__ for end in ends.exceptions]}"
                )
            await trio.sleep(1)
        world.cancel_scope.cancel()
    return disk.digest()


async def _end(simulation: Simulation, life: Life, disk: Disk) -> None:
    await trio.sleep(simulation.random.random() * LONGEST_LIFE_SECONDS)
    life.kill()
    disk.crash(power_cut=simulation.random.random() < 0.5)


async def _live(simulation: Simulation, life: Life, disk: Disk, bank: SimulatedBank) -> None:
    async def pause() -> None:
        await trio.sleep(simulation.random.random() * 0.01)

    connector = HttpBank("bank", "http://bank", frozenset(BankFeature), SimulatedNetwork(bank, life))
    database = Path("/pgw.db")
    async with open_simulated_storage(
        disk, database, lambda _events: None, life=life, pause=pause
    ) as storage:
        await storage.add_merchant(Merchant("mer_a", "A"), ApiKey("0" * 64, "mer_a", demo=True))
        async with trio.open_nursery() as nursery:
            for _ in range(PAYERS):
                nursery.start_soon(_pay_on_and_on, simulation, storage, connector)


async def _pay_on_and_on(simulation: Simulation, storage: Storage, connector: HttpBank) -> None:
    async with connector.connection() as connection:
        while True:
            change = _accepted(simulation)
            simulation.trace.event(f"{change.job.id} {await storage.write(change)}")
            await _settle(simulation, connection, change)
            payment = change.payment.doubted(simulation.clock.now())
            attempt = change.attempt.ended(AttemptOutcome.DOUBTFUL, 1, payment.updated_at, None)
            await storage.write(Change(payment, change.job.following(payment, None), attempt))


async def _settle(simulation: Simulation, connection: BankConnection, change: Change) -> None:
    reference = change.attempt.reference
    for call in (
        Authorize(reference, change.payment.amount, CARD, capture=True),
        LookUp(reference),
        Reverse(reference),
    ):
        simulation.trace.event(f"{reference} {type(call).__name__} {await connection.perform(call)}")


def _accepted(simulation: Simulation) -> Change:
    ids, now = simulation.ids, simulation.clock.now()
    order = PaymentOrder(Money(simulation.random.randint(1, 10_000), Currency("EUR", 2)), CARD)
    payment = Payment.ordered(ids.new("pay"), "mer_a", order, "bank", now)
    job = Job.opened(ids.new("job"), payment, ids.new("req"))
    return Change(payment, job, Attempt.intended(ids.new("ref"), payment.id, job.id, "bank", now))


def main() -> None:
    for seed in map(int, sys.argv[1:]):
        run = run_seed(small_scenario, seed)
        print(seed, run.steps, run.digest, run.answer)  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
