"""A bug that one payment meets when it is written, on real storage."""

from pgw.domain.job import Job
from pgw.storage.port import Change
from pgw.storage.sqlite import SqliteStorage
from tests.actors.memory_storage import Written

MEETS_THE_BUG = 666
"""The amount, in minor units, of the one payment that does."""


class BuggyWrites:
    """Raises when the one payment is written for the `number`-th time, before or after writing it."""

    def __init__(self, storage: SqliteStorage, number: int, *, writes_first: bool) -> None:
        self.job: Job | None = None
        self._write = storage.write
        self._number = number
        self._writes_first = writes_first

    async def write(self, change: Change) -> Written:
        if change.payment.amount.minor_units != MEETS_THE_BUG:
            return await self._write(change)
        self.job = self.job or change.job
        self._number -= 1
        if self._number != 0:
            return await self._write(change)
        if self._writes_first:
            await self._write(change)
        raise ZeroDivisionError
