"""What is kept at hand of a payment with several jobs is what the database holds, whenever it was written."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
import trio
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pgw.domain.operation import CaptureOrder, OperationOrder, RefundOrder, VoidOrder, begin
from pgw.domain.result import Ok
from pgw.storage import reading
from pgw.storage import sqlite as sqlite_storage
from pgw.storage.port import Change
from pgw.storage.sqlite import SqliteStorage
from tests.merchants import a_merchant
from tests.simulation.disk import Disk
from tests.simulation.life import Life
from tests.simulation.storage import open_simulated_storage
from tests.storage.conftest import Changes
from tests.storage.operating import Operating

SMALL = 4
"""So few changes are kept at hand that some of a payment's jobs give way and others do not."""
orders = (
    st.builds(CaptureOrder, st.integers(1, 5000), st.booleans())
    | st.just(VoidOrder())
    | st.builds(RefundOrder, st.integers(1, 5000))
)
ends = st.tuples(st.integers(0, 5), st.sampled_from(["done", "failed", "doubted"]))
steps = st.lists(st.tuples(st.integers(0, 1), orders | ends), max_size=25)
Step = tuple[int, OperationOrder | tuple[int, str]]


class Scene:
    """Two payments with their open jobs, and each job that was ever begun."""

    def __init__(self, storage: SqliteStorage) -> None:
        self.storage = storage
        changes = Changes()
        self.payments = [Operating(changes, capture=capture) for capture in (False, True)]
        self.open: list[list[Change]] = [[], []]
        self.jobs = [operating.paid[0].job.id for operating in self.payments]

    async def write(self, *changes: Change) -> None:
        for change in changes:
            assert Ok(None) == await self.storage.write(change)

    async def take(self, step: Step) -> None:
        which, what = step
        operating, begun = self.payments[which], self.open[which]
        if isinstance(what, tuple):
            place, end = what
            if place < len(begun):
                await self._end(operating, begun, place, end)
        elif isinstance(begin(operating.payment, what, operating.payment.updated_at), Ok):
            change = operating.begin(what)
            begun.append(change)
            self.jobs.append(change.job.id)
            await self.write(change)

    async def _end(self, operating: Operating, begun: list[Change], place: int, end: str) -> None:
        change = begun.pop(place)
        if end != "doubted":
            makes: Callable[[Change], Change] = operating.done if end == "done" else operating.failed
            await self.write(makes(change))
        elif change.attempt.tries == 0:
            doubted = operating.doubted(change)
            begun.append(doubted)
            await self.write(doubted)
        else:
            begun.append(change)

    async def check(self) -> None:
        """Poll both payments and each job, as a merchant does, and hold them against the database."""
        ids = [operating.payment.id for operating in self.payments]
        stored = await self.storage._reader.run(reading.find_payments, ids)
        assert [operating.payment for operating in self.payments] == stored
        assert stored == [await self.storage.payment("mer_a", payment_id) for payment_id in ids]
        jobs = await self.storage._reader.run(reading.find_jobs, self.jobs)
        assert jobs == [await self.storage.job("mer_a", job_id) for job_id in self.jobs]


async def _run(taken: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pgw.db"
        opened = partial(open_simulated_storage, Disk(Random(17)), life=Life())
        async with opened(path, lambda _events: None) as storage:
            await storage.add_merchant(a_merchant("mer_a"))
            scene = Scene(storage)
            for operating in scene.payments:
                await scene.write(*operating.paid)
            for step in taken:
                await scene.take(step)
                await scene.check()


@settings(max_examples=60, deadline=None)
@example(taken=[(1, RefundOrder(1)), (1, RefundOrder(2)), (1, (0, "doubted")), (1, (0, "done"))])
@given(taken=steps)
def test_no_poll_is_ever_stale(taken: list[Step]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_storage, "RECENT_CHANGES", SMALL)
        trio.run(_run, taken)
