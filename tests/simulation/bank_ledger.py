"""What the simulated bank booked and undid, with virtual times: the truth that an oracle compares with."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeVar

from attrs import define, evolve, field


class Kind(StrEnum):
    """An operation, as the bank's wire names it."""

    CAPTURE = "captures"
    VOID = "voids"
    REFUND = "refunds"


@define(eq=False, kw_only=True)
class Decision:
    """What was decided of one arrived request. A yes counts from `at` until `undone_at`, if ever.

    One that arrived after its reversal has `undone_at` equal to `at`: it never counted.
    """

    reference: str
    amount: int
    at: float
    decline_code: str | None = None
    undone_at: float | None = None

    @property
    def is_yes(self) -> bool:
        return self.decline_code is None

    @property
    def stands(self) -> bool:
        return self.is_yes and self.undone_at is None

    @property
    def ever_stood(self) -> bool:
        return self.is_yes and self.undone_at != self.at


@define(eq=False, kw_only=True)
class Booking(Decision):
    """Of a payment: charged, or reserved where it is not to be captured at once."""

    currency: str
    last_four: str
    capture: bool
    authorization_code: str


@define(eq=False, kw_only=True)
class Operation(Decision):
    """Of a capture, a void or a refund of what is known under `payment_reference`."""

    kind: Kind
    payment_reference: str
    is_final: bool = False


@define(eq=False)
class Ledger:
    """It dedupes nothing. `arrivals` counts requests that move money by reference, decided or not."""

    bookings: list[Booking] = field(factory=list)
    operations: list[Operation] = field(factory=list)
    reversed_at: dict[str, float] = field(factory=dict)
    irreversible: set[str] = field(factory=set)
    arrivals: dict[str, int] = field(factory=dict)

    def arrive(self, reference: str) -> int:
        """Count a request, and return how many of its reference there were."""
        self.arrivals[reference] = self.arrivals.get(reference, 0) + 1
        return self.arrivals[reference]

    def book(self, decision: Booking | Operation) -> None:
        if decision.reference in self.reversed_at:
            decision.undone_at = decision.at
        if isinstance(decision, Booking):
            self.bookings.append(decision)
        else:
            self.operations.append(decision)

    def reverse(self, reference: str, now: float) -> None:
        """Undo what was booked, and all that will be."""
        self.reversed_at.setdefault(reference, now)
        for decision in self.decisions(reference):
            if decision.undone_at is None:
                decision.undone_at = now

    def of(self, reference: str) -> list[Booking]:
        return [booking for booking in self.bookings if booking.reference == reference]

    def operations_of(self, reference: str) -> list[Operation]:
        return [operation for operation in self.operations if operation.reference == reference]

    def decisions(self, reference: str) -> list[Booking | Operation]:
        """Return what was decided under a reference, whatever it was."""
        return [*self.of(reference), *self.operations_of(reference)]

    def operations_on(self, payment_reference: str) -> list[Operation]:
        return [one for one in self.operations if one.payment_reference == payment_reference]

    def account(self, payment_reference: str) -> "Account":
        return Account(self.of(payment_reference), self.operations_on(payment_reference))


@define(eq=False)
class Account:
    """All that was decided about one payment. Sums are in minor units, and of what stands."""

    bookings: list[Booking]
    operations: list[Operation]

    @property
    def authorized(self) -> int:
        return sum(one.amount for one in self.bookings if one.stands)

    @property
    def captured(self) -> int:
        at_once = sum(one.amount for one in self.bookings if one.stands and one.capture)
        return at_once + sum(one.amount for one in self.standing(Kind.CAPTURE))

    @property
    def refunded(self) -> int:
        return sum(one.amount for one in self.standing(Kind.REFUND))

    @property
    def is_voided(self) -> bool:
        return any(True for _ in self.standing(Kind.VOID))

    @property
    def takes_captures(self) -> bool:
        """Whether more may be captured: nothing was voided, given back, or captured for the last time."""
        is_over = self.is_voided or self.refunded or any(one.capture for one in self.bookings)
        return not is_over and not any(one.is_final for one in self.standing(Kind.CAPTURE))

    def standing(self, kind: Kind) -> Iterator[Operation]:
        return (one for one in self.operations if one.kind is kind and one.stands)

    def over_time(self) -> Iterator["Account"]:
        """Yield the account as it stood after each change."""
        decisions = [*self.bookings, *self.operations]
        undone = {one.undone_at for one in decisions if one.undone_at is not None}
        for moment in sorted({one.at for one in decisions} | undone):
            yield Account(_stood_at(moment, self.bookings), _stood_at(moment, self.operations))

    @property
    def is_sound(self) -> bool:
        return self.refunded <= self.captured <= self.authorized


AnyDecision = TypeVar("AnyDecision", bound=Decision)


def _stood_at(moment: float, decisions: Iterable[AnyDecision]) -> list[AnyDecision]:
    """Return those that counted right after a moment, as they were then."""
    return [
        evolve(one, undone_at=None)
        for one in decisions
        if one.is_yes and one.at <= moment and (one.undone_at is None or one.undone_at > moment)
    ]


def standing(decisions: Iterable[Decision]) -> int:
    """Return how many of them count now."""
    return sum(decision.stands for decision in decisions)


def most_at_once(decisions: Iterable[Decision]) -> int:
    """Return the most of them that counted at any one instant."""
    changes: list[tuple[float, int]] = []
    for decision in decisions:
        if decision.ever_stood:
            changes.append((decision.at, 1))
            if decision.undone_at is not None:
                changes.append((decision.undone_at, -1))
    count = most = 0
    # At one instant the end of one comes before the beginning of the next.
    for _, change in sorted(changes):
        count += change
        most = max(most, count)
    return most
