"""Whose turn it is to change a payment of which several jobs may be open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from attrs import define, field

TURN_SECONDS = 10.0
"""How long a caller waits until a payment can be changed: as long as storage's own patience."""


@define(eq=False)
class _Turn:
    lock: trio.Lock = field(factory=trio.Lock)
    wanted: int = 0


class Turns:
    """One actor at a time changes a payment; the next one begins with what that wrote.

    First come, first served. Held only while a change is read, made and written, never during a call to the
    bank. Costs no memory for payments that nobody changes.
    """

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    @asynccontextmanager
    async def of(self, payment_id: str) -> AsyncIterator[None]:
        """Wait for the turn and have it until the block ends."""
        turn = self._turns.setdefault(payment_id, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[payment_id]
