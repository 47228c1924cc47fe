"""The simulated disk: what a kill leaves, what a power cut leaves, and what its faults do."""

from collections.abc import Callable
from random import Random

import apsw
import pytest

from tests.simulation.disk import Disk, Operation
from tests.simulation.disk_faults import DiskFaults
from tests.simulation.disk_file import DiskFile, Write

OLD, NEW = b"o" * 2048, b"n" * 2048
SEEDS = range(200)


def _disk(seed: int) -> tuple[Disk, DiskFile]:
    """Return a disk with a file of which everything is durable."""
    disk = Disk(Random(seed))
    file = disk.create(1, "a")
    disk.write(1, "a", file, Write(0, OLD))
    disk.sync(1, "a", file, directory=True)
    return disk, file


def _code(error: apsw.Error) -> int:
    code: int = error.extendedresult  # type: ignore[attr-defined] # apsw sets it, and does not declare it
    return code


def _after(ending: Callable[[Disk, DiskFile], None]) -> list[bytes | None]:
    """Return what is in the file after this, by seed."""
    contents: list[bytes | None] = []
    for seed in SEEDS:
        disk, file = _disk(seed)
        ending(disk, file)
        found = disk.file("a")
        contents.append(None if found is None else bytes(found.seen))
    return contents


def test_what_was_synced_survives_every_power_cut() -> None:
    def end(disk: Disk, file: DiskFile) -> None:
        disk.write(1, "a", file, Write(0, NEW))
        disk.sync(1, "a", file, directory=False)
        disk.crash(power_cut=True)

    assert {NEW} == set(_after(end))


def test_what_was_not_synced_survives_whole_torn_by_sectors_or_not_at_all() -> None:
    def end(disk: Disk, file: DiskFile) -> None:
        disk.write(1, "a", file, Write(100, NEW[100:]))
        disk.crash(power_cut=True)

    contents = _after(end)
    whole = OLD[:100] + NEW[100:]
    assert {OLD, whole} < set(contents)
    assert 20 < contents.count(OLD) < 180
    for content in contents:
        assert content is not None
        assert OLD[:100] == content[:100]
        for sector in (content[100:512], content[512:1024], content[1024:1536], content[1536:]):
            assert len(set(sector)) == 1


def test_a_kill_leaves_everything_that_was_written() -> None:
    def end(disk: Disk, file: DiskFile) -> None:
        disk.write(1, "a", file, Write(0, NEW))
        disk.crash(power_cut=False)

    assert {NEW} == set(_after(end))


def test_a_write_past_the_end_that_survives_alone_has_zeros_before_it() -> None:
    def end(disk: Disk, file: DiskFile) -> None:
        disk.write(1, "a", file, Write(2048, b"x" * 512))
        disk.write(1, "a", file, Write(2560, b"y" * 512))
        disk.crash(power_cut=True)

    assert {OLD, OLD + b"x" * 512, OLD + bytes(512) + b"y" * 512, OLD + b"x" * 512 + b"y" * 512} == set(
        _after(end)
    )


def test_a_truncation_that_was_not_synced_survives_or_not() -> None:
    def end(disk: Disk, file: DiskFile) -> None:
        disk.truncate(1, "a", file, 0)
        disk.crash(power_cut=True)

    assert {OLD, b""} == set(_after(end))


def test_a_deletion_survives_a_power_cut_for_sure_only_with_its_directory_synced() -> None:
    def delete(disk: Disk, *, sync: bool) -> None:
        disk.delete(1, "a", sync=sync)
        disk.crash(power_cut=True)

    assert {OLD, None} == set(_after(lambda disk, _: delete(disk, sync=False)))
    assert {None} == set(_after(lambda disk, _: delete(disk, sync=True)))


def test_a_new_name_survives_a_power_cut_for_sure_only_with_its_directory_synced() -> None:
    survived = set()
    for seed in SEEDS:
        for directory in (True, False):
            disk = Disk(Random(seed))
            file = disk.create(1, "b")
            disk.write(1, "b", file, Write(0, NEW))
            disk.sync(1, "b", file, directory=directory)
            disk.crash(power_cut=True)
            survived.add((directory, tuple(disk.names())))
    assert {(True, ("b",)), (False, ("b",)), (False, ())} == survived


def test_what_a_failed_sync_lost_is_still_seen_and_no_later_sync_brings_it_back() -> None:
    def end(disk: Disk, file: DiskFile) -> None:
        disk.write(1, "a", file, Write(0, NEW))
        disk.faults = DiskFaults(sync_fails=1)
        with pytest.raises(apsw.IOError) as caught:
            disk.sync(1, "a", file, directory=False)
        assert apsw.SQLITE_IOERR_FSYNC == _code(caught.value)
        assert NEW == file.seen
        disk.heal()
        disk.sync(1, "a", file, directory=False)
        disk.crash(power_cut=True)

    assert {OLD, NEW} < set(_after(end))


def test_a_kill_may_show_that_a_failed_sync_lost_something() -> None:
    def end(disk: Disk, file: DiskFile) -> None:
        disk.write(1, "a", file, Write(0, NEW))
        disk.faults = DiskFaults(sync_fails=1)
        with pytest.raises(apsw.IOError):
            disk.sync(1, "a", file, directory=False)
        disk.crash(power_cut=False)

    assert {OLD, NEW} < set(_after(end))


@pytest.mark.parametrize("power_cut", [True, False])
def test_a_handle_of_a_dead_incarnation_changes_nothing(power_cut: bool) -> None:
    disk, file = _disk(17)
    disk.crash(power_cut=power_cut)
    before, operations = disk.digest(), disk.operations
    for touch in (
        lambda: disk.write(1, "a", file, Write(0, NEW)),
        lambda: disk.truncate(1, "a", file, 0),
        lambda: disk.sync(1, "a", file, directory=True),
        lambda: disk.delete(1, "a", sync=True),
        lambda: disk.create(1, "b"),
    ):
        with pytest.raises(apsw.IOError):
            touch()
    assert (before, operations) == (disk.digest(), disk.operations)


def test_an_operation_in_whose_hook_the_process_dies_does_not_happen() -> None:
    disk, file = _disk(17)
    seen: list[tuple[int, Operation, str]] = []

    def die(operation: Operation, name: str) -> None:
        seen.append((disk.operations, operation, name))
        disk.crash(power_cut=False)

    disk.on_operation = die
    with pytest.raises(apsw.IOError):
        disk.write(1, "a", file, Write(0, NEW))
    assert [(4, Operation.WRITE, "a")] == seen
    assert OLD == file.seen


def test_a_full_disk_takes_no_growth_until_its_time_is_over() -> None:
    now = [0.0]
    disk = Disk(Random(17), lambda: now[0])
    file = disk.create(1, "a")
    disk.write(1, "a", file, Write(0, OLD))
    disk.faults = DiskFaults(fills_up=1, full_seconds=30)
    disk.write(1, "a", file, Write(0, NEW))
    disk.faults = DiskFaults()
    with pytest.raises(apsw.FullError):
        disk.write(1, "a", file, Write(2048, NEW))
    with pytest.raises(apsw.CantOpenError):
        disk.create(1, "b")
    now[0] = 30.0
    disk.write(1, "a", file, Write(2048, NEW))
    assert NEW + NEW == file.seen


def test_a_write_that_fails_may_have_written_its_beginning() -> None:
    def end(disk: Disk, file: DiskFile) -> None:
        disk.faults = DiskFaults(write_fails=1)
        with pytest.raises(apsw.IOError) as caught:
            disk.write(1, "a", file, Write(0, NEW[:1024]))
        assert apsw.SQLITE_IOERR_WRITE == _code(caught.value)

    assert {OLD, b"n" * 512 + OLD[512:], b"n" * 1024 + OLD[1024:]} == set(_after(end))
