"""A simulated disk: files in memory that outlive "processes" and know what was synced.

A kill leaves everything that was written. A power cut leaves what was synced, and of the rest what the seed
decides: each write whole, torn between sectors of 512 bytes or not at all, and each name created or deleted
since the directory was last synced as it was or as it is.

For the world: set `on_operation` to be called before each operation that changes something, and there kill
the life and call `crash`, or record it; an operation whose incarnation ended in the hook does not happen.
`operations` counts them, so "kill at the n-th storage operation" is a comparison. Assign `faults` to switch
them on and off; `heal` also ends a full disk.
"""

from collections.abc import Callable
from enum import StrEnum
from hashlib import blake2b
from random import Random

import apsw

from tests.simulation.disk_faults import NO_DISK_FAULTS, DiskFaults
from tests.simulation.disk_file import SECTOR_BYTES, DiskFile, Truncation, Write


class Operation(StrEnum):
    CREATE = "create"
    WRITE = "write"
    TRUNCATE = "truncate"
    SYNC = "sync"
    DELETE = "delete"


OnOperation = Callable[[Operation, str], None]


class Disk:
    """One disk with one directory. `now` gives the seconds that a full disk's time is counted in."""

    def __init__(self, random: Random, now: Callable[[], float] = lambda: 0.0) -> None:
        self.random = random
        self.faults: DiskFaults = NO_DISK_FAULTS
        self.incarnation = 1
        self.operations = 0
        self.on_operation: OnOperation = lambda _operation, _name: None
        self._now = now
        self._full_until = float("-inf")
        self._files: dict[str, DiskFile] = {}
        self._durable_files: dict[str, DiskFile] = {}

    def crash(self, *, power_cut: bool) -> None:
        """End the incarnation: a kill -9, or a power cut. Its handles never reach the disk again."""
        self.incarnation += 1
        if power_cut:
            self._lose_names()
            for name in sorted(self._files):
                self._files[name].lose_power(self.random)
            self._durable_files = dict(self._files)
        else:
            for name in sorted(self._files):
                self._files[name].evict(self.random)

    def heal(self) -> None:
        """Let there be space, and no more faults."""
        self.faults = NO_DISK_FAULTS
        self._full_until = float("-inf")

    def digest(self) -> str:
        """Return a hash of all that is seen, to compare two runs."""
        content = blake2b()
        for name in sorted(self._files):
            content.update(f"{name}:{len(self._files[name].seen)}:".encode())
            content.update(self._files[name].seen)
        return content.hexdigest()

    def names(self) -> list[str]:
        return sorted(self._files)

    def file(self, name: str) -> DiskFile | None:
        return self._files.get(name)

    def refuse_the_dead(self, incarnation: int) -> None:
        """Raise an I/O error to a handle of an earlier incarnation."""
        if incarnation != self.incarnation:
            raise apsw.exception_for(apsw.SQLITE_IOERR)

    def create(self, incarnation: int, name: str) -> DiskFile:
        self._begin(incarnation, Operation.CREATE, name)
        if self._is_full():
            raise apsw.exception_for(apsw.SQLITE_CANTOPEN)
        self._files[name] = DiskFile()
        return self._files[name]

    def delete(self, incarnation: int, name: str, *, sync: bool) -> None:
        self._begin(incarnation, Operation.DELETE, name)
        if self._files.pop(name, None) is None:
            raise apsw.exception_for(apsw.SQLITE_IOERR_DELETE_NOENT)
        if sync:
            self._durable_files = dict(self._files)

    def write(self, incarnation: int, name: str, file: DiskFile, write: Write) -> None:
        self._begin(incarnation, Operation.WRITE, name)
        if self.random.random() < self.faults.fills_up:
            self._full_until = self._now() + self.faults.full_seconds
        if self._is_full() and write.offset + len(write.data) > len(file.seen):
            self._write_the_beginning(file, write)
            raise apsw.exception_for(apsw.SQLITE_FULL)
        if self.random.random() < self.faults.write_fails:
            self._write_the_beginning(file, write)
            raise apsw.exception_for(apsw.SQLITE_IOERR_WRITE)
        file.change(write)

    def truncate(self, incarnation: int, name: str, file: DiskFile, size: int) -> None:
        self._begin(incarnation, Operation.TRUNCATE, name)
        file.change(Truncation(size))

    def sync(self, incarnation: int, name: str, file: DiskFile, *, directory: bool) -> None:
        """Make a file's content durable, and all names where the directory is synced too."""
        self._begin(incarnation, Operation.SYNC, name)
        if self.random.random() < self.faults.sync_fails:
            file.fail_to_sync(self.random)
            raise apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)
        file.sync()
        if directory:
            self._durable_files = dict(self._files)

    def _begin(self, incarnation: int, operation: Operation, name: str) -> None:
        self.refuse_the_dead(incarnation)
        self.operations += 1
        self.on_operation(operation, name)
        self.refuse_the_dead(incarnation)

    def _is_full(self) -> bool:
        return self._now() < self._full_until

    def _write_the_beginning(self, file: DiskFile, write: Write) -> None:
        size = self.random.randrange(len(write.data) // SECTOR_BYTES + 1) * SECTOR_BYTES
        if size:
            file.change(Write(write.offset, write.data[:size]))

    def _lose_names(self) -> None:
        for name in sorted(self._files.keys() | self._durable_files.keys()):
            before, now = self._durable_files.get(name), self._files.get(name)
            if before is not now:
                survivor = self.random.choice((before, now))
                self._files.pop(name, None)
                if survivor is not None:
                    self._files[name] = survivor
