"""A bank that answers as the test says, and keeps what it was asked and when."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import trio
from attrs import frozen

from pgw.actors.bank import Bank
from pgw.bank.port import Answer, Authorized, BankConnection, BankConnector, BankFeature, Call
from pgw.ports import Randomness, SystemClock

Perform = Callable[[Call], Awaitable[Answer]]
YES = Authorized("code-1")
MOST_CALLS = 1000


@frozen
class Asked:
    """A call that reached the connection, at a monotonic time in seconds."""

    at: float
    call: Call


async def says_yes(_call: Call) -> Answer:
    await trio.lowlevel.checkpoint()
    return YES


def says_in_turn(answers: Iterable[Answer]) -> Perform:
    """Give one answer after the other, and keep to the last."""
    left = list(answers)

    async def perform(_call: Call) -> Answer:
        await trio.lowlevel.checkpoint()
        return left.pop(0) if len(left) > 1 else left[0]

    return perform


def says_after(seconds: float, answer: Answer = YES) -> Perform:
    async def perform(_call: Call) -> Answer:
        await trio.sleep(seconds)
        return answer

    return perform


class FakeConnector(BankConnector):
    """Connections in memory; closing one takes `close_seconds`."""

    name = "bank"
    features = frozenset(BankFeature)

    def __init__(self, perform: Perform = says_yes, close_seconds: float = 0.0) -> None:
        self.perform = perform
        self.asked: list[Asked] = []
        self.opened = 0
        self.open = 0
        self._close_seconds = close_seconds

    @property
    def references(self) -> list[str]:
        return [asked.call.reference for asked in self.asked]

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[BankConnection]:
        self.opened += 1
        self.open += 1
        try:
            yield _FakeConnection(self)
        finally:
            self.open -= 1
            await trio.sleep(self._close_seconds)


class _FakeConnection(BankConnection):
    def __init__(self, connector: FakeConnector) -> None:
        self._connector = connector

    async def perform(self, call: Call) -> Answer:
        self._connector.asked.append(Asked(trio.current_time(), call))
        assert len(self._connector.asked) < MOST_CALLS, "the bank is asked without end"
        return await self._connector.perform(call)


class FixedRandomness(Randomness):
    """Jitter that is always the same."""

    def __init__(self, fraction: float = 0.0) -> None:
        self._fraction = fraction

    def fraction(self) -> float:
        return self._fraction

    def bits(self, count: int) -> int:
        return (1 << count) - 1


def a_bank(
    connector: BankConnector,
    *,
    concurrency: int = 4,
    queue: int = 100,
    retire_after: float = 4.0,
    randomness: Randomness | None = None,
) -> Bank:
    return Bank(
        connector,
        concurrency=concurrency,
        queue=queue,
        retire_after=retire_after,
        clock=SystemClock(),
        randomness=randomness or FixedRandomness(),
    )
