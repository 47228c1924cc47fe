"""The shipped storage on the simulated disk: what was acknowledged survives however its process ends."""

from functools import partial
from itertools import count

import pytest
import trio

from pgw.storage import database, sqlite
from tests.simulation.acknowledged import DATABASE, Endings, Outcome, write_through_lives
from tests.simulation.disk import Disk, Operation
from tests.simulation.disk_faults import NO_DISK_FAULTS, DiskFaults
from tests.simulation.life import Life, ProcessDied
from tests.simulation.seeded import Simulation, run_seed
from tests.simulation.storage import check_integrity, open_simulated_storage

SEEDS = range(12)
POWER_CUTS = Endings(lives=5, within=400, power_cut=1.0)
FAULTS = DiskFaults(fills_up=0.002, full_seconds=0.2, write_fails=0.002, commit_lies=0.02)


@pytest.fixture(autouse=True)
def _checkpoint_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "CHANGES_A_CHECKPOINT", 7)


def _run(seed: int, endings: Endings, faults: DiskFaults) -> Outcome:
    return run_seed(partial(write_through_lives, endings=endings, faults=faults), seed).answer


def test_nothing_acknowledged_is_lost_by_power_cuts() -> None:
    """Some 60 cuts, each at a random operation of the disk."""
    outcomes = [_run(seed, POWER_CUTS, NO_DISK_FAULTS) for seed in SEEDS]
    assert [] == [finding for outcome in outcomes for finding in outcome.findings]
    assert sum(len(outcome.acknowledged) for outcome in outcomes) > 240


def test_a_database_that_does_not_sync_each_commit_loses_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the disk would show it, were `synchronous` ever anything but FULL."""
    monkeypatch.setitem(database._WRITER_PRAGMAS, "synchronous", 1)
    findings = [finding for seed in SEEDS for finding in _run(seed, POWER_CUTS, NO_DISK_FAULTS).findings]
    assert any("acknowledged and is lost" in finding for finding in findings)
    assert not any("refused" in finding for finding in findings)


def test_faults_of_the_disk_lose_nothing_acknowledged_and_write_nothing_refused() -> None:
    outcomes = [_run(seed, Endings(5, 400, power_cut=0.5), FAULTS) for seed in SEEDS]
    assert [] == [finding for outcome in outcomes for finding in outcome.findings]
    assert sum(len(outcome.refused) for outcome in outcomes) > 24


@pytest.mark.parametrize("power_cut", [True, False])
def test_a_process_that_dies_at_any_operation_of_its_first_start_starts_the_next_time(
    power_cut: bool,
) -> None:
    async def start_and_die(simulation: Simulation, last: int) -> bool:
        """Tell whether it died before it had started."""
        disk, life = Disk(simulation.random), Life()

        def end(_operation: Operation, _name: str) -> None:
            if disk.operations == last:
                life.kill()
                disk.crash(power_cut=power_cut)

        disk.on_operation = end
        with pytest.RaisesGroup(ProcessDied, flatten_subgroups=True, allow_unwrapped=True):
            async with open_simulated_storage(disk, DATABASE, lambda _: None, life=life):
                life.kill()
                await trio.lowlevel.checkpoint()
        has_died_early = disk.incarnation > 1
        disk.on_operation = lambda _operation, _name: None
        async with open_simulated_storage(disk, DATABASE, lambda _: None, life=Life()) as storage:
            assert [] == await storage._writer.run(check_integrity)
        return has_died_early

    for last in count(1):
        if not run_seed(partial(start_and_die, last=last), last).answer:
            break
    assert last > 50
