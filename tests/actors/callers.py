"""Callers of a bank, each in a task of its own."""

import trio

from pgw.actors.bank import Bank
from pgw.bank.port import Answer
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

    async def _call(self, reference: str, submit_by: float) -> None:
        answer = await self._bank.perform(authorize(reference), submit_by=submit_by)
        self.answers[reference] = (trio.current_time(), answer)
