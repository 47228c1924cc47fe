"""Both sides of a comparison, made by hand."""

from collections.abc import AsyncGenerator, Callable, Sequence

import trio
from attrs import evolve

from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentStatus
from pgw.reconciliation.comparison import Summary, reconcile
from pgw.reconciliation.judgement import DifferenceCode, Judgement
from pgw.storage.port import BookEntry

EUR = Currency("EUR", 2)
BOOKING = LedgerEntry("ref_1", "EUR", 1050, 1050, authorized=True, reversed=False)
HOLD = evolve(BOOKING, captured=0)
DECLINED = evolve(BOOKING, captured=0, authorized=False)
REVERSED = evolve(BOOKING, reversed=True)


def entry(status: PaymentStatus, reference: str = "ref_1", currency: Currency = EUR) -> BookEntry:
    captured = 1050 if status is PaymentStatus.APPROVED else 0
    money = Money(1050, currency)
    return BookEntry(reference, "pay_1", "job_1", status, AttemptOutcome.ANSWERED, money, captured)


class Books:
    """In pages of two; `after_reading` happens once all were read."""

    def __init__(self, *entries: BookEntry, after_reading: Callable[[], None] = lambda: None) -> None:
        self.entries = {one.reference: one for one in entries}
        self.asked: list[str] = []
        self._after_reading = after_reading

    async def books(self, after_reference: str) -> Sequence[BookEntry]:
        await trio.lowlevel.checkpoint()
        page = sorted(one for one in self.entries if one > after_reference)[:2]
        if not page:
            self._after_reading()
        return [self.entries[one] for one in page]

    async def book_entry(self, reference: str) -> BookEntry | None:
        await trio.lowlevel.checkpoint()
        self.asked.append(reference)
        return self.entries.get(reference)


class Ledger:
    """In pages of two; `after_reading` happens once all were read."""

    def __init__(self, *entries: LedgerEntry, after_reading: Callable[[], None] = lambda: None) -> None:
        self.entries = list(entries)
        self.asked: list[str] = []
        self._after_reading = after_reading

    async def pages(self) -> AsyncGenerator[Sequence[LedgerEntry], None]:
        entries = list(self.entries)
        for start in range(0, len(entries), 2):
            await trio.lowlevel.checkpoint()
            yield entries[start : start + 2]
        self._after_reading()

    async def entries_of(self, reference: str) -> Sequence[LedgerEntry]:
        await trio.lowlevel.checkpoint()
        self.asked.append(reference)
        return [one for one in self.entries if one.reference == reference]


async def compared(books: Books, ledger: Ledger) -> tuple[Summary, list[tuple[str | None, DifferenceCode]]]:
    told: list[Judgement] = []
    summary = await reconcile(books, ledger, told.append)
    return summary, [(one.reference, one.code) for one in told if one.code is not None]
