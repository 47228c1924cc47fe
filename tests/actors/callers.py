"""Callers of a bank, each in a task of its own."""

import trio

from pgw.actors.bank import Bank
from pgw.bank.port import Answer, LookUp, NotProcessed, NotSent
from tests.actors.orders import authorize

LATER = 1000.0
"""A deadline far away, in monotonic seconds of a test whose clock starts at 0."""


class Callers:
    """Keeps each answer with the time it came."""

    def __init__(self, bank: Bank, nursery: trio.Nursery) -> None:
        self.answers: dict[str, tuple[float, Answer]] = {}
        self._bank = bank
        self._nursery = nursery

    def call(self, *references: str, submit_by: float = LATER) -> None:
        for reference in references:
            self._nursery.start_soon(self._call, reference, submit_by)

    def look_up(self, *references: str) -> None:
        for reference in references:
            self._nursery.start_soon(self._look_up, reference)

    def retry(self, *references: str, every: float) -> None:
        """Call again and again until the bank processes it, as a payment does."""
        for reference in references:
            self._nursery.start_soon(self._retry, reference, every)

    def said(self, *references: str) -> list[Answer]:
        return [self.answers[reference][1] for reference in references]

    async def _call(self, reference: str, submit_by: float) -> None:
        answer = await self._bank.perform(authorize(reference), submit_by=submit_by)
        self.answers[reference] = (trio.current_time(), answer)

    async def _look_up(self, reference: str) -> None:
        answer = await self._bank.perform(LookUp(reference), submit_by=LATER)
        self.answers[reference] = (trio.current_time(), answer)

    async def _retry(self, reference: str, every: float) -> None:
        while True:
            await self._call(reference, trio.current_time() + LATER)
            if not isinstance(self.answers[reference][1], NotSent | NotProcessed):
                return
            await trio.sleep(every)
