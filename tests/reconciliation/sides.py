"""Both sides of a comparison, made by hand."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import trio
from attrs import evolve

from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.job import JobStatus, JobType
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentStatus
from pgw.reconciliation.comparison import Summary, reconcile
from pgw.reconciliation.differences import DifferenceCode
from pgw.reconciliation.judgement import Judgement
from pgw.storage.books import BookEntry

EUR = Currency("EUR", 2)
BOOKING = LedgerEntry("ref_1", JobType.PAYMENT, None, "EUR", 1050, 0, counts=True)
HOLD = evolve(BOOKING, charged=0, held=1050)
DECLINED = evolve(HOLD, counts=False)
REVERSED = evolve(BOOKING, counts=False)
CAPTURE = LedgerEntry("ref_1", JobType.CAPTURE, "ref_0", "EUR", 500, -500, counts=True)
VOID = evolve(CAPTURE, kind=JobType.VOID, charged=0, held=-1050)
REFUND = evolve(CAPTURE, kind=JobType.REFUND, charged=-500, held=0)
_HELD = frozenset({PaymentStatus.AUTHORIZED, PaymentStatus.PARTIALLY_CAPTURED, PaymentStatus.VOIDED})


def entry(status: PaymentStatus, reference: str = "ref_1", currency: Currency = EUR) -> BookEntry:
    """Return what the books say of a payment's own reference, of 10.50."""
    match status:
        case PaymentStatus.CREATED | PaymentStatus.UNKNOWN:
            job_status = JobStatus.CREATED
        case PaymentStatus.FAILED:
            job_status = JobStatus.FAILED
        case _:
            job_status = JobStatus.COMPLETED
    return BookEntry(
        reference=reference,
        payment_reference=reference,
        payment_id="pay_1",
        job_id="job_1",
        type=JobType.PAYMENT,
        job_status=job_status,
        status=status,
        outcome=AttemptOutcome.ANSWERED,
        amount=Money(1050, currency),
        authorized=1050,
        captured=1050 if status is PaymentStatus.APPROVED else 0,
        captures_at_once=status not in _HELD,
        is_final=False,
        is_declined=status is PaymentStatus.DECLINED,
    )


def operation(type_: JobType, job_status: JobStatus = JobStatus.COMPLETED, **changes: Any) -> BookEntry:
    """Return what they say of an operation's reference, of 5.00 on a payment of 10.50."""
    payment = evolve(entry(PaymentStatus.AUTHORIZED), captured=0 if type_ is JobType.VOID else 500)
    amount = 1050 if type_ is JobType.VOID else 500
    one = evolve(payment, payment_reference="ref_0", type=type_, job_status=job_status)
    return evolve(one, **({"amount": Money(amount, EUR)} | changes))


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
