"""The simulated disk as SQLite's operating system (sqlite.org/vfs.html), for one incarnation.

It syncs the directory where SQLite's own VFS for Unix does: at the first sync of a journal or log that was
opened to be created if need be, and after a deletion that asks for it. It has no shared memory, so that
`locking_mode=EXCLUSIVE` must come before `journal_mode=WAL`, and one connection is all there can be.
"""

from itertools import count
from random import Random

import apsw
from apsw import SQLITE_OPEN_CREATE, SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_SUPER_JOURNAL, SQLITE_OPEN_WAL

from tests.simulation.disk import Disk
from tests.simulation.disk_file import DiskFile, Write

_JOURNALS = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL
_JULIAN_DAY_OF_2026 = 2461041.5
_numbers = count(1)


class SimulatedVfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self.name = f"simulated-{next(_numbers)}"
        self._disk = disk
        self._incarnation = disk.incarnation
        # The default one is asked for the seed of SQLite's own random numbers, which salt the log.
        super().__init__(self.name, makedefault=True)
        apsw.randomness(0)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "SimulatedFile":  # type: ignore[override] # noqa: N802
        disk = self._disk
        disk.refuse_the_dead(self._incarnation)
        if name is None:
            scratch = Disk(Random(0))  # a temporary file is nobody's business but its own
            return SimulatedFile(scratch, scratch.incarnation, "", DiskFile(), syncs_directory=False)
        path = name if isinstance(name, str) else name.filename()
        may_create = bool(flags[0] & SQLITE_OPEN_CREATE)
        file = disk.file(path)
        if file is None:
            if not may_create:
                raise apsw.exception_for(apsw.SQLITE_CANTOPEN)
            file = disk.create(self._incarnation, path)
        flags[1] = flags[0]
        syncs_directory = may_create and bool(flags[0] & _JOURNALS)
        return SimulatedFile(disk, self._incarnation, path, file, syncs_directory=syncs_directory)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self._disk.delete(self._incarnation, filename, sync=syncdir)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802, ARG002
        self._disk.refuse_the_dead(self._incarnation)
        return self._disk.file(pathname) is not None

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name

    def xRandomness(self, numbytes: int) -> bytes:  # noqa: N802
        return self._disk.random.randbytes(numbytes)

    def xSleep(self, microseconds: int) -> int:  # noqa: N802
        raise AssertionError(f"nobody else has the database, and SQLite waits {microseconds} us")

    def xCurrentTime(self) -> float:  # noqa: N802
        return _JULIAN_DAY_OF_2026

    def xCurrentTimeInt64(self) -> int:  # noqa: N802
        return int(_JULIAN_DAY_OF_2026 * 86_400_000)

    def xGetLastError(self) -> tuple[int, str | None]:  # noqa: N802
        return 0, None


class SimulatedFile:
    def __init__(
        self, disk: Disk, incarnation: int, name: str, file: DiskFile, *, syncs_directory: bool
    ) -> None:
        self._disk = disk
        self._incarnation = incarnation
        self._name = name
        self._file = file
        self._syncs_directory = syncs_directory

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._disk.refuse_the_dead(self._incarnation)
        return bytes(self._file.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.write(self._incarnation, self._name, self._file, Write(offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.truncate(self._incarnation, self._name, self._file, newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802, ARG002
        self._disk.sync(self._incarnation, self._name, self._file, directory=self._syncs_directory)
        self._syncs_directory = False

    def xFileSize(self) -> int:  # noqa: N802
        self._disk.refuse_the_dead(self._incarnation)
        return len(self._file.seen)

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE  # as the shipped engine assumes of its disks

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802, ARG002
        return False

    def xLock(self, level: int) -> None:  # noqa: N802
        pass

    def xUnlock(self, level: int) -> None:  # noqa: N802
        pass

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xClose(self) -> None:  # noqa: N802
        pass
