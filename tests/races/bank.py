"""A bank with a ledger, which answers operations on a payment once the race for it is over."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from pgw.bank.port import (
    Accepted,
    Answer,
    Authorize,
    BankConnection,
    BankConnector,
    BankFeature,
    Call,
    Capture,
    Finding,
    LookUp,
    NeverSeen,
    Operation,
    Refund,
    Reverse,
    Reversed,
    Void,
)
from tests.actors.fake_bank import YES


class LedgerBank(BankConnector):
    """Says yes to everything, once for each reference. It takes what it is told: whoever asks is trusted."""

    name = "bank"
    features = frozenset(BankFeature)

    def __init__(self) -> None:
        self.captured: Counter[str] = Counter()
        self.refunded: Counter[str] = Counter()
        self.voided: Counter[str] = Counter()
        self._answered: dict[str, Answer] = {}
        self._races: dict[str, trio.Event] = {}

    def hold(self, payment_reference: str) -> trio.Event:
        """Let operations on a payment wait until the event is set."""
        return self._races.setdefault(payment_reference, trio.Event())

    def reopen(self, payment_reference: str) -> None:
        """Let operations on a payment wait again."""
        self._races.pop(payment_reference, None)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[BankConnection]:
        yield _Connection(self)

    async def perform(self, call: Call) -> Answer:
        await trio.lowlevel.checkpoint()
        match call:
            case LookUp(reference):
                return self._found(reference)
            case Reverse(reference):
                assert reference not in self._answered, "what was answered is not reversed here"
                return Reversed()
            case Authorize(reference):
                return self._answered.setdefault(reference, YES)
            case _:
                await self.hold(call.payment_reference).wait()
                return self._book(call)

    def _found(self, reference: str) -> Finding:
        answer = self._answered.get(reference)
        return answer if isinstance(answer, Accepted) else NeverSeen()

    def _book(self, call: Operation) -> Answer:
        if call.reference not in self._answered:
            match call:
                case Capture(_, of, amount):
                    self.captured[of] += amount.minor_units
                case Refund(_, of, amount):
                    self.refunded[of] += amount.minor_units
                case Void(_, of):
                    self.voided[of] += 1
        return self._answered.setdefault(call.reference, Accepted())


class _Connection(BankConnection):
    def __init__(self, bank: LedgerBank) -> None:
        self._bank = bank

    async def perform(self, call: Call) -> Answer:
        return await self._bank.perform(call)
