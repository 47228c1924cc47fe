"""Many waiters, one fsync: what comes in while the disk is busy is written together."""

from collections.abc import Iterator

import trio

from simulator.ledger_file import LedgerFile
from simulator.records import Record


class GroupJournal:
    """What waits is bounded by the connections: each has one call at a time, and a call writes one record."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file
        self._waiting: list[Record] = []
        self._has_work = trio.Event()
        self._newest_is_durable = trio.Event()
        self._newest_is_durable.set()

    @property
    def fingerprint_key(self) -> bytes:
        return self._file.fingerprint_key

    def records(self) -> Iterator[Record]:
        """Read what earlier runs wrote, to its end and before `run`. Raises LedgerFileError."""
        return self._file.records()

    def append(self, record: Record) -> None:
        if not self._waiting:
            self._newest_is_durable = trio.Event()
            self._has_work.set()
        self._waiting.append(record)

    async def durable(self) -> None:
        if not self._newest_is_durable.is_set():
            await self._newest_is_durable.wait()

    async def run(self) -> None:
        """Write group after group. Raises LedgerFileError, after which it is unknown what is on disk."""
        while True:
            await self._has_work.wait()
            group, self._waiting = self._waiting, []
            self._has_work = trio.Event()
            is_durable = self._newest_is_durable
            await trio.to_thread.run_sync(self._file.append, group)
            is_durable.set()
