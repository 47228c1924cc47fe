"""One hop for all who wait: group commit for writes, and the same for reads."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import trio
from attrs import define, field

from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok, Result
from pgw.storage.port import StorageLost

CUT_SHORT_SECONDS = 1.0
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@define(eq=False)
class _Waiter(Generic[Item, Answer]):
    item: Item
    since: float
    done: trio.Event = field(factory=trio.Event)
    begun: bool = False
    answer: Answer | Exception | None = None


class Grouping(Generic[Item, Answer]):
    """Collects what arrives while a group is running, and runs that as the next group.

    One at a time costs a whole hop only when nobody else is waiting. `run_group` answers each item by
    position; an answer that is an exception is raised for its own waiter alone. At most `most_waiting` items
    wait, and none longer than `patience` seconds for its group to begin.
    """

    def __init__(
        self,
        run_group: Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]],
        *,
        largest_group: int,
        most_waiting: int,
        patience: float,
    ) -> None:
        self._run_group = run_group
        self._largest_group = largest_group
        self._most_waiting = most_waiting
        self._patience = patience
        self._waiting: deque[_Waiter[Item, Answer]] = deque()
        self._arrived = trio.Event()
        self._running: list[_Waiter[Item, Answer]] = []
        self._has_ended = False

    @property
    def waiting(self) -> int:
        """How many items wait for their group to begin."""
        return len(self._waiting)

    async def answer(self, item: Item) -> Result[Answer, Refusal]:
        """Return the item's answer, or `Err` where its group did not begin in time: nothing was done then.

        Raises `StorageLost` where its group was cut short, to who is not cancelled with it.
        """
        if self._has_ended or len(self._waiting) >= self._most_waiting:
            return Err(Refusal.STORAGE_UNAVAILABLE)
        waiter = _Waiter[Item, Answer](item, trio.current_time())
        self._waiting.append(waiter)
        self._arrived.set()
        try:
            await waiter.done.wait()
        except BaseException:
            # Cancelled, or a bug: who is gone by now must not be written behind what takes up its work.
            if not waiter.begun:
                with suppress(ValueError):  # patience may have been lost at the same moment
                    self._waiting.remove(waiter)
            raise
        if waiter.begun and waiter.answer is None:
            # The process ends: whoever can be cancelled is meanwhile.
            await trio.sleep(CUT_SHORT_SECONDS)
            raise StorageLost("a group was cut short")
        if isinstance(waiter.answer, Exception):
            raise waiter.answer
        return Err(Refusal.STORAGE_UNAVAILABLE) if waiter.answer is None else Ok(waiter.answer)

    async def run(self) -> None:
        """Run group after group until cancelled; what was handed over by then is run first.

        However it ends, nobody is left waiting: who is shielded would keep the process from its end.
        """
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._lose_patience)
                await self._run_all()
        finally:
            self._has_ended = True
            for waiter in (*self._running, *self._waiting):
                waiter.done.set()
            self._waiting.clear()

    async def _run_all(self) -> None:
        try:
            while True:
                await self._arrived.wait()
                await self._run_next()
        except trio.Cancelled:
            while self._waiting:
                await self._run_next()
            raise

    async def _lose_patience(self) -> None:
        """Refuse those whose group did not begin in time; once it has, it ends with the disk's answer."""
        while True:
            await trio.sleep(self._patience / 10)
            too_old = trio.current_time() - self._patience
            while self._waiting and self._waiting[0].since < too_old:
                self._waiting.popleft().done.set()

    async def _run_next(self) -> None:
        size = min(len(self._waiting), self._largest_group)
        group = [self._waiting.popleft() for _ in range(size)]
        if not self._waiting:
            self._arrived = trio.Event()
        if not group:
            return
        for waiter in group:
            waiter.begun = True
        self._running = group
        with trio.CancelScope(shield=True):
            answers = await self._run_group([waiter.item for waiter in group])
        self._running = []
        for waiter, answer in zip(group, answers, strict=True):
            waiter.answer = answer
            waiter.done.set()
