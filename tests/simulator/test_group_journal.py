"""Many waiters, one fsync; and no answer before it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from simulator.group_journal import GroupJournal
from simulator.ledger_file import LedgerFile, LedgerFileError
from simulator.records import Record, Reversed


class WatchedFile(LedgerFile):
    """A real file whose disk is as slow, and as full, as a test wants it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        assert [] == list(self.records())
        self.groups: list[list[Record]] = []
        self.may_write = trio.Semaphore(0)

    def append(self, records: list[Record]) -> None:
        trio.from_thread.run(self.may_write.acquire)
        super().append(records)
        self.groups.append(records)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[WatchedFile]:
    file = WatchedFile(tmp_path / "ledger")
    with file._file:
        yield file


@pytest.fixture
async def journal(file: WatchedFile, nursery: trio.Nursery) -> AsyncIterator[GroupJournal]:
    journal = GroupJournal(file)
    nursery.start_soon(journal.run)
    yield journal
    file.may_write.release()  # lets a write that still waits come to its end


async def test_nothing_is_waited_for_where_nothing_was_written(journal: GroupJournal) -> None:
    await journal.durable()


async def test_what_comes_in_while_the_disk_is_busy_is_one_group_and_waits_for_it(
    journal: GroupJournal, file: WatchedFile
) -> None:
    durable: list[str] = []

    async def write(reference: str) -> None:
        journal.append(Reversed(reference))
        await journal.durable()
        durable.append(reference)

    async with trio.open_nursery() as writers:
        writers.start_soon(write, "a")
        await wait_all_tasks_blocked()
        for reference in ("b", "c", "d"):
            writers.start_soon(write, reference)
        await wait_all_tasks_blocked()
        assert durable == []
        file.may_write.release()
        while not durable:
            await wait_all_tasks_blocked()
        assert durable == ["a"]
        file.may_write.release()
    assert ["a", "b", "c", "d"] == sorted(durable)
    assert [[Reversed("a")], 3] == [file.groups[0], len(file.groups[1])]


async def test_a_reader_waits_for_what_another_wrote(journal: GroupJournal, file: WatchedFile) -> None:
    journal.append(Reversed("a"))
    with trio.move_on_after(0.05) as patience:
        await journal.durable()
    assert patience.cancelled_caught
    file.may_write.release()
    await journal.durable()
    assert len(file.groups) == 1


async def test_a_disk_that_fails_ends_the_journal_and_lets_nobody_through(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "ledger")
    assert [] == list(file.records())
    file._file.close()
    file._file = (tmp_path / "ledger").open("rb")  # which cannot be written to
    journal = GroupJournal(file)
    journal.append(Reversed("a"))
    passed: list[str] = []

    async def wait() -> None:
        await journal.durable()
        passed.append("a")

    with pytest.RaisesGroup(pytest.RaisesExc(LedgerFileError, match="cannot write the ledger file")):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            nursery.start_soon(journal.run)
    file._file.close()
    assert passed == []
