"""The bank inside this process, and a caller that it can keep waiting."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import trio

from simulator.answers import Reply
from simulator.bank import Bank
from simulator.behaviour import Behaviour
from simulator.ledger import Ledger

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class WaitingCaller:
    """Waits for ever, unless `left` is set."""

    def __init__(self) -> None:
        self.left = trio.Event()
        self.was_hung_up_on = False

    async def leaves(self) -> None:
        await self.left.wait()

    async def hang_up(self) -> None:
        self.was_hung_up_on = True


ANYBODY = WaitingCaller()


def a_bank(
    behaviour: Behaviour | None = None, limit: int = 100, now: Callable[[], datetime] = lambda: NOON
) -> tuple[Bank, Ledger]:
    ledger = Ledger(limit)
    return a_bank_over(ledger, behaviour, now), ledger


def a_bank_over(
    ledger: Ledger, behaviour: Behaviour | None = None, now: Callable[[], datetime] = lambda: NOON
) -> Bank:
    return Bank(behaviour or Behaviour(), ledger, Random(1), now=now, fingerprint_key=bytes(32))


def fields(reply: Reply) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(reply.answer.body)
    return answer
