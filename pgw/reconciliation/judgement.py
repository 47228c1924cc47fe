"""What the bank shows under one reference, against what the gateway expects of it. Pure."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.job import JobStatus, JobType
from pgw.reconciliation.differences import CODES_OF, DifferenceCode
from pgw.storage.books import BookEntry


@frozen
class Sum:
    """Money of one currency in its minor units: charged less refunded, and held to be charged later."""

    charged: int = 0
    held: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.charged + other.charged, self.held + other.held)

    def __sub__(self, other: "Sum") -> "Sum":
        return Sum(self.charged - other.charged, self.held - other.held)


NOTHING = Sum()


@frozen
class Shown:
    """The net of a bank's effective bookings in one currency."""

    currency: str
    bookings: int
    sum: Sum


@frozen
class Judgement:
    """What both sides say of a reference, which is None for bookings without one; `code` where it differs."""

    reference: str | None
    entry: BookEntry | None
    shown: Sequence[Shown]
    code: DifferenceCode | None

    @property
    def is_open(self) -> bool:
        """Whether the gateway does not know the outcome yet, so that it expects nothing for certain."""
        return self.entry is not None and self.entry.is_open


def net_of(entries: Iterable[LedgerEntry]) -> tuple[Shown, ...]:
    """Sum the bookings of one reference that count, each currency by itself."""
    found: dict[str, Shown] = {}
    for entry in entries:
        if entry.counts:
            before = found.get(entry.currency, Shown(entry.currency, 0, NOTHING))
            money = before.sum + Sum(entry.charged, entry.held)
            found[entry.currency] = Shown(entry.currency, before.bookings + 1, money)
    return tuple(found.values())


def expected_of(entry: BookEntry) -> Sum:
    """Return the money that the gateway is sure of, as its part under this reference."""
    if entry.job_status is not JobStatus.COMPLETED or entry.is_declined:
        return NOTHING
    amount = entry.amount.minor_units
    match entry.type:
        case JobType.PAYMENT:
            return Sum(charged=amount) if entry.captures_at_once else Sum(held=amount)
        case JobType.CAPTURE if entry.is_final:
            # It is the last one: what was not captured by then never will be.
            return Sum(charged=amount, held=-amount - (entry.authorized - entry.captured))
        case JobType.CAPTURE:
            return Sum(charged=amount, held=-amount)
        case JobType.VOID:
            return Sum(held=-entry.authorized)
        case JobType.REFUND:
            return Sum(charged=-amount)


def judge(reference: str | None, entry: BookEntry | None, entries: Iterable[LedgerEntry]) -> Judgement:
    counting = [one for one in entries if one.counts]
    shown = net_of(counting)
    return Judgement(reference, entry, shown, _difference(entry, counting, shown))


def _difference(
    entry: BookEntry | None, counting: Sequence[LedgerEntry], shown: Sequence[Shown]
) -> DifferenceCode | None:
    if entry is None:
        return DifferenceCode.UNKNOWN_REFERENCE if counting else None
    if of_other := _of_other(entry, counting):
        # Also while the outcome is unknown: whatever it will be, it is not this.
        return of_other
    if entry.is_open:
        return None
    if entry.is_declined or entry.job_status is JobStatus.FAILED:
        codes = CODES_OF[entry.type]
        of_nothing = codes.though_declined if entry.is_declined else codes.though_failed
        return of_nothing if counting else None
    return _difference_of_money(entry, shown[0]) if shown else DifferenceCode.NOT_AT_THE_BANK


def _of_other(entry: BookEntry, counting: Sequence[LedgerEntry]) -> DifferenceCode | None:
    """Tell whether the bank took the reference more than once, or for something else than was asked."""
    if len(counting) > 1:
        return CODES_OF[entry.type].twice
    for booked in counting:
        if booked.kind is not entry.type:
            return DifferenceCode.OTHER_OPERATION
        if booked.payment_reference not in (None, entry.payment_reference):
            return DifferenceCode.OTHER_PAYMENT
    return None


def _difference_of_money(entry: BookEntry, shown: Shown) -> DifferenceCode | None:
    expected = expected_of(entry)
    if shown.currency != entry.amount.currency.code:
        return DifferenceCode.OTHER_CURRENCY
    if abs(shown.sum.charged) > abs(expected.charged):
        return CODES_OF[entry.type].too_much
    return DifferenceCode.OTHER_AMOUNT if shown.sum != expected else None
