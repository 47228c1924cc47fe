"""What the simulated bank booked and undid, with virtual times: the truth that an oracle compares with."""

from collections.abc import Iterable

from attrs import define, field


@define(eq=False)
class Booking:
    """A decision about one arrived request. A yes counts from `at` until `undone_at`, if ever.

    One that arrived after its reversal has `undone_at` equal to `at`: it never counted.
    """

    reference: str
    amount: int
    currency: str
    last_four: str
    capture: bool
    at: float
    authorization_code: str
    decline_code: str | None
    undone_at: float | None = None

    @property
    def is_authorized(self) -> bool:
        return self.decline_code is None

    @property
    def stands(self) -> bool:
        return self.is_authorized and self.undone_at is None


@define(eq=False)
class Ledger:
    """It dedupes nothing. `arrivals` counts requests to pay by reference, decided or not."""

    bookings: list[Booking] = field(factory=list)
    reversed_at: dict[str, float] = field(factory=dict)
    irreversible: set[str] = field(factory=set)
    arrivals: dict[str, int] = field(factory=dict)

    def book(self, booking: Booking) -> None:
        if booking.reference in self.reversed_at:
            booking.undone_at = booking.at
        self.bookings.append(booking)

    def reverse(self, reference: str, now: float) -> None:
        """Undo what was booked, and all that will be."""
        self.reversed_at.setdefault(reference, now)
        for booking in self.of(reference):
            if booking.undone_at is None:
                booking.undone_at = now

    def of(self, reference: str) -> list[Booking]:
        return [booking for booking in self.bookings if booking.reference == reference]


def standing(bookings: Iterable[Booking]) -> int:
    """Return how many of them are charges now."""
    return sum(booking.stands for booking in bookings)


def most_at_once(bookings: Iterable[Booking]) -> int:
    """Return the most charges that stood at any one instant."""
    changes: list[tuple[float, int]] = []
    for booking in bookings:
        if booking.is_authorized and booking.undone_at != booking.at:
            changes.append((booking.at, 1))
            if booking.undone_at is not None:
                changes.append((booking.undone_at, -1))
    count = most = 0
    # At one instant the end of one charge comes before the beginning of the next.
    for _, change in sorted(changes):
        count += change
        most = max(most, count)
    return most
