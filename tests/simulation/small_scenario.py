"""A small world of disk, engine, bank and the real connector, for the test that a seed decides everything.

How a world is put together: the disk and the bank are the world's and outlive each `Life`; storage, network
and all that stands on them are a life's, inside `with life.scope`. A life ends by `ProcessDied` out of nested
groups, or by itself (`StorageLost`, `StorageCannotOpen`): then too it must be killed and the disk crashed, so
that nothing of it reaches the next one. For the two phases assign `disk.faults` (or `disk.heal()`) and
`bank.faults`. An oracle finds a payment's charges by an amount of its own, since a mutant may use a reference
that no attempt has; a reference in `Ledger.irreversible` may stay unknown for good.

`python -m tests.simulation.small_scenario 1 2 3` prints a line for each seed.
"""

import sys
from pathlib import Path

import trio

from pgw.bank.http import HttpBank
from pgw.bank.port import Authorize, BankConnection, BankFeature, LookUp, Reverse
from pgw.storage.port import Change, Storage, StorageCannotOpen, StorageLost, StorageUnavailable
from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_faults import STORMY
from tests.simulation.bank_network import SimulatedNetwork
from tests.simulation.disk import Disk
from tests.simulation.disk_faults import DiskFaults
from tests.simulation.life import Life, ProcessDied
from tests.simulation.orders import CARD, MERCHANT, accepted, approved
from tests.simulation.seeded import Simulation, run_seed
from tests.simulation.storage import open_simulated_storage

LIVES = 2
PAYERS = 3
LONGEST_LIFE_SECONDS = 20.0
FAULTS = DiskFaults(fills_up=0.001, write_fails=0.001, sync_fails=0.005, commit_lies=0.02)


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
            world.start_soon(_end_some_time, simulation, life, disk)
            try:
                with life.scope:
                    await _live(simulation, life, disk, bank)
            except* (ProcessDied, StorageCannotOpen, StorageLost, StorageUnavailable) as ends:
                simulation.trace.event(
                    f"life {number} ends: {[type(end).__name__ for end in ends.exceptions]}"
                )
            _end(simulation, life, disk)  # one that ended by itself is as dead
            await trio.sleep(1)
        world.cancel_scope.cancel()
    return disk.digest()


async def _end_some_time(simulation: Simulation, life: Life, disk: Disk) -> None:
    await trio.sleep(simulation.random.random() * LONGEST_LIFE_SECONDS)
    _end(simulation, life, disk)


def _end(simulation: Simulation, life: Life, disk: Disk) -> None:
    if not life.is_over:
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
        await storage.add_merchant(MERCHANT)
        async with trio.open_nursery() as nursery:
            for _ in range(PAYERS):
                nursery.start_soon(_pay_on_and_on, simulation, storage, connector)


async def _pay_on_and_on(simulation: Simulation, storage: Storage, connector: HttpBank) -> None:
    async with connector.connection() as connection:
        while True:
            change = accepted(simulation)
            simulation.trace.event(f"{change.job.id} {await storage.write(change)}")
            await _settle(simulation, connection, change)
            await storage.write(approved(simulation, change))


async def _settle(simulation: Simulation, connection: BankConnection, change: Change) -> None:
    reference = change.attempt.reference
    for call in (
        Authorize(reference, change.payment.amount, CARD, capture=True),
        LookUp(reference),
        Reverse(reference),
    ):
        simulation.trace.event(f"{reference} {type(call).__name__} {await connection.perform(call)}")


def main() -> None:
    for seed in map(int, sys.argv[1:]):
        run = run_seed(small_scenario, seed)
        print(seed, run.steps, run.digest, run.answer)  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
