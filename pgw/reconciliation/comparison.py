"""Reads both sides, the books first, and tells each difference that is still there at a second look."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Protocol

import trio
from attrs import define, field

from pgw.bank.ledger_port import BankLedger
from pgw.domain.job import JobType
from pgw.domain.money import Currency
from pgw.domain.result import Ok
from pgw.reconciliation.judgement import NOTHING, Judgement, Sum, expected_of, judge
from pgw.reconciliation.worksheet import Line, Worksheet, open_worksheet
from pgw.storage.books import BookEntry

LONGEST_REFERENCE = 255
LINES_AT_A_TIME = 1000


class Books(Protocol):
    """The gateway's books."""

    async def books(self, after_reference: str) -> Sequence[BookEntry]:
        """Read a page by reference; an empty one is behind the last."""

    async def book_entry(self, reference: str) -> BookEntry | None:
        """Read what they say of a reference now."""


@define
class Totals:
    """Money of one currency: what the books are sure of, what the bank shows, and how much of it is open."""

    books: Sum = NOTHING
    bank: Sum = NOTHING
    open: Sum = NOTHING

    @property
    def difference(self) -> Sum:
        return self.bank - self.open - self.books


@define
class Summary:
    """`bookings` are those that are money, as read; `open` is what has an outcome that is unknown."""

    payments: int = 0
    operations: int = 0
    bookings: int = 0
    open: int = 0
    differences: int = 0
    totals: dict[Currency, Totals] = field(factory=dict)

    def add(self, judgement: Judgement) -> None:
        entry = judgement.entry
        self.differences += judgement.code is not None
        self.open += judgement.is_open
        if entry is not None:
            is_payment = entry.type is JobType.PAYMENT
            self.payments += is_payment
            self.operations += not is_payment
            self._totals(entry.amount.currency).books += expected_of(entry)
        for shown in judgement.shown:
            totals = self._totals(currency_of(shown.currency, entry))
            totals.bank += shown.sum
            if judgement.is_open:
                totals.open += shown.sum

    def _totals(self, currency: Currency) -> Totals:
        return self.totals.setdefault(currency, Totals())


async def reconcile(books: Books, ledger: BankLedger, tell: Callable[[Judgement], None]) -> Summary:
    """Compare all of both sides and `tell` each difference. Memory is bounded; see `Worksheet`.

    Raises what the books raise, and `LedgerUnavailable`: then what was told so far is not all.
    """
    summary = Summary()
    with open_worksheet() as worksheet:
        # In this order: what the books are sure of by now the bank has booked before.
        await _read_books(books, worksheet)
        async with aclosing(ledger.pages()) as pages:
            async for page in pages:
                summary.bookings += worksheet.add_bookings(page)
        for number, line in enumerate(worksheet.lines()):
            if number % LINES_AT_A_TIME == 0:
                await trio.lowlevel.checkpoint()
            judgement = judge(line.reference, line.entry, line.entries)
            if judgement.code is not None:
                judgement = await _second_look(books, ledger, line)
            if judgement.code is not None:
                tell(judgement)
            summary.add(judgement)
    return summary


async def _read_books(books: Books, worksheet: Worksheet) -> None:
    after = ""
    while page := await books.books(after):
        worksheet.add_books(page)
        after = page[-1].reference


async def _second_look(books: Books, ledger: BankLedger, line: Line) -> Judgement:
    """Judge what both sides say now, since payments went on while they were read."""
    reference = line.reference
    if reference is None or len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        # None of the gateway's, and nothing to ask for.
        return judge(reference, line.entry, line.entries)
    entry = await books.book_entry(reference)
    return judge(reference, entry, await ledger.entries_of(reference))


def currency_of(code: str, entry: BookEntry | None) -> Currency:
    """Return the currency with the decimals that the payment was accepted with, else with ISO 4217's.

    A code that is none of a currency has no decimals: its sums are shown in minor units.
    """
    if entry is not None and entry.amount.currency.code == code:
        return entry.amount.currency
    match Currency.create(code):
        case Ok(currency):
            return currency
        case _:
            return Currency(code, 0)
