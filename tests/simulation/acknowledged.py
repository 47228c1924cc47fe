"""A scenario of storage alone: what was acknowledged must be in every later life, and nothing refused."""

import sqlite3
from pathlib import Path

import trio
from attrs import define, field, frozen

from pgw.domain.result import Ok
from pgw.storage.port import Storage, StorageCannotOpen, StorageLost, StorageUnavailable
from pgw.storage.sqlite import SqliteStorage
from tests.simulation.disk import Disk, Operation
from tests.simulation.disk_faults import NO_DISK_FAULTS, DiskFaults
from tests.simulation.life import Life, ProcessDied
from tests.simulation.orders import MERCHANT, accepted
from tests.simulation.seeded import Simulation
from tests.simulation.storage import check_integrity, open_simulated_storage

DATABASE = Path("/pgw.db")
WRITERS = 3
WRITES_OF_EACH = 10
ENDS = (ProcessDied, StorageCannotOpen, StorageLost, StorageUnavailable)


@frozen
class Endings:
    """`lives` end within so many operations of the disk, by a power cut with this chance, else by a kill."""

    lives: int
    within: int
    power_cut: float


@define
class Outcome:
    acknowledged: list[str] = field(factory=list)
    refused: list[str] = field(factory=list)
    findings: list[str] = field(factory=list)


async def write_through_lives(simulation: Simulation, endings: Endings, faults: DiskFaults) -> Outcome:
    """Write in each life until it ends, then open once more without faults; return what was found wrong."""
    disk, outcome = Disk(simulation.random, trio.current_time), Outcome()
    for number in range(endings.lives):
        disk.faults = faults
        life = Life(number)
        _end_at(simulation, disk, life, endings)
        try:
            with life.scope:
                await _live(simulation, disk, life, outcome)
        except* ENDS as ends:
            simulation.trace.event(f"life {number} ends: {ends!r}")
        if not life.is_over:  # it ended by itself; its memory is gone all the same
            disk.crash(power_cut=simulation.random.random() < endings.power_cut / 2)
        disk.heal()
    disk.on_operation = lambda _operation, _name: None
    async with open_simulated_storage(disk, DATABASE, lambda _: None, life=Life()) as storage:
        await compare(storage, outcome)
    return outcome


def _end_at(simulation: Simulation, disk: Disk, life: Life, endings: Endings) -> None:
    last = disk.operations + simulation.random.randint(1, endings.within)
    power_cut = simulation.random.random() < endings.power_cut

    def end(operation: Operation, name: str) -> None:
        simulation.trace.event(f"disk: {operation} {name}")
        if disk.operations == last:
            life.kill()
            disk.crash(power_cut=power_cut)

    disk.on_operation = end


async def _live(simulation: Simulation, disk: Disk, life: Life, outcome: Outcome) -> None:
    async def pause() -> None:
        await trio.sleep(simulation.random.random() * 0.01)

    async def write_on_and_on() -> None:
        for _ in range(WRITES_OF_EACH):
            change = accepted(simulation)
            answer = await storage.write(change)
            simulation.trace.event(f"{change.job.id} {answer}")
            (outcome.acknowledged if answer == Ok(None) else outcome.refused).append(change.job.id)

    async with open_simulated_storage(disk, DATABASE, lambda _: None, life=life, pause=pause) as storage:
        disk_faults, disk.faults = disk.faults, NO_DISK_FAULTS
        await compare(storage, outcome)
        disk.faults = disk_faults
        await storage.add_merchant(MERCHANT)
        async with trio.open_nursery() as nursery:
            for _ in range(WRITERS):
                nursery.start_soon(write_on_and_on)


async def compare(storage: Storage, outcome: Outcome) -> None:
    """Add to the findings what the database lacks, and what it should not have."""
    assert isinstance(storage, SqliteStorage)
    outcome.findings += await storage._writer.run(check_integrity)
    stored = await storage._writer.run(_stored_job_ids)
    outcome.findings += [
        f"{one} was acknowledged and is lost" for one in outcome.acknowledged if one not in stored
    ]
    outcome.findings += [f"{one} was refused and is there" for one in outcome.refused if one in stored]


def _stored_job_ids(connection: sqlite3.Connection) -> frozenset[str]:
    return frozenset(job_id for (job_id,) in connection.execute("SELECT id FROM jobs").fetchall())
