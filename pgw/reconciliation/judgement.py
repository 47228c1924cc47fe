"""What the bank shows under one reference, against what the gateway expects of it. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from attrs import frozen

from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.payment import PaymentStatus
from pgw.storage.port import BookEntry

OPEN = frozenset({PaymentStatus.CREATED, PaymentStatus.UNKNOWN})


class DifferenceCode(StrEnum):
    """What is wrong with a reference."""

    CHARGED_TWICE = "ChargedTwice"
    CHARGED_TOO_MUCH = "ChargedTooMuch"
    CHARGED_THOUGH_FAILED = "ChargedThoughFailed"
    CHARGED_THOUGH_DECLINED = "ChargedThoughDeclined"
    NOT_AT_THE_BANK = "NotAtTheBank"
    OTHER_AMOUNT = "OtherAmount"
    OTHER_CURRENCY = "OtherCurrency"
    UNKNOWN_REFERENCE = "UnknownReference"


@frozen
class Sum:
    """Money of one currency in its minor units: charged, and held to be charged later."""

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
        return self.entry is not None and self.entry.status in OPEN


def is_effective(entry: LedgerEntry) -> bool:
    """Tell whether a booking is money: one that was declined or reversed is none."""
    return entry.authorized and not entry.reversed


def net_of(entries: Iterable[LedgerEntry]) -> tuple[Shown, ...]:
    """Sum the effective bookings of one reference, each currency by itself."""
    found: dict[str, Shown] = {}
    for entry in filter(is_effective, entries):
        before = found.get(entry.currency, Shown(entry.currency, 0, NOTHING))
        money = Sum(charged=entry.captured) if entry.captured else Sum(held=entry.amount)
        found[entry.currency] = Shown(entry.currency, before.bookings + 1, before.sum + money)
    return tuple(found.values())


def expected_of(entry: BookEntry) -> Sum:
    """Return the money that the gateway is sure of."""
    match entry.status:
        case PaymentStatus.APPROVED:
            return Sum(charged=entry.captured)
        case PaymentStatus.AUTHORIZED:
            return Sum(held=entry.amount.minor_units)
        case _:
            return NOTHING


def judge(reference: str | None, entry: BookEntry | None, entries: Iterable[LedgerEntry]) -> Judgement:
    shown = net_of(entries)
    return Judgement(reference, entry, shown, _difference(entry, shown))


def _difference(entry: BookEntry | None, shown: Sequence[Shown]) -> DifferenceCode | None:
    if entry is None:
        return DifferenceCode.UNKNOWN_REFERENCE if shown else None
    if sum(one.bookings for one in shown) > 1:
        # Also while the outcome is unknown: whatever it will be, it is not this.
        return DifferenceCode.CHARGED_TWICE
    match entry.status:
        case PaymentStatus.CREATED | PaymentStatus.UNKNOWN:
            return None
        case PaymentStatus.FAILED:
            return DifferenceCode.CHARGED_THOUGH_FAILED if shown else None
        case PaymentStatus.DECLINED:
            return DifferenceCode.CHARGED_THOUGH_DECLINED if shown else None
        case _:
            return _difference_of_money(entry, shown[0]) if shown else DifferenceCode.NOT_AT_THE_BANK


def _difference_of_money(entry: BookEntry, shown: Shown) -> DifferenceCode | None:
    expected = expected_of(entry)
    if shown.currency != entry.amount.currency.code:
        return DifferenceCode.OTHER_CURRENCY
    if shown.sum.charged > expected.charged:
        return DifferenceCode.CHARGED_TOO_MUCH
    return DifferenceCode.OTHER_AMOUNT if shown.sum != expected else None
