"""What the bank knows: every booking it made, and every reference it was given."""

import contextlib
from collections.abc import Iterator
from datetime import datetime

import attrs

from simulator.payment import MalformedError


class LedgerFullError(Exception):
    """No more is booked; the message says at how many."""


@attrs.frozen
class Booking:
    """One effect: the bank decided on a payment."""

    number: int
    """Counts from 1 without gaps."""
    reference: str | None
    last_four: str
    currency: str
    amount: int
    """In minor units."""
    captured_amount: int
    """In minor units; 0 when declined or only authorized."""
    authorization_code: str
    """Empty when declined."""
    decline_code: str | None
    booked_at: datetime
    """In UTC."""

    @property
    def authorized(self) -> bool:
        return self.decline_code is None


@attrs.define
class Submission:
    """What came in under one reference, be it booked or not."""

    reference: str | None
    fingerprint: bytes
    count: int = 0
    in_process: int = 0
    booking: Booking | None = None
    """The latest one: with dedupe off there may be several."""

    @contextlib.contextmanager
    def processing(self) -> Iterator[None]:
        self.in_process += 1
        try:
            yield
        finally:
            self.in_process -= 1


class Ledger:
    """Kept in memory. `limit` bounds the bookings and the references alike."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bookings: list[Booking] = []
        self._submissions: dict[str, Submission] = {}

    def submit(self, reference: str | None, fingerprint: bytes, *, dedupe: bool) -> Submission:
        """Count a submission.

        Raises MalformedError for a reference known from another body, and LedgerFullError.
        """
        submission = self.submission(reference)
        if submission is None:
            if len(self._submissions) >= self._limit:
                raise LedgerFullError(self._full())
            submission = Submission(reference, fingerprint)
            if reference is not None:
                self._submissions[reference] = submission
        elif dedupe and submission.fingerprint != fingerprint:
            raise MalformedError("Idempotency-Key: was used before with another body")
        submission.count += 1
        return submission

    def book(self, submission: Submission, booking: Booking) -> None:
        """Book; raises LedgerFullError."""
        if self.count >= self._limit:
            raise LedgerFullError(self._full())
        assert booking.number == self.count + 1
        self._bookings.append(booking)
        submission.booking = booking

    @property
    def count(self) -> int:
        """The number of bookings."""
        return len(self._bookings)

    def submission(self, reference: str | None) -> Submission | None:
        return None if reference is None else self._submissions.get(reference)

    def bookings(self, *, after: int = 0, limit: int | None = None) -> list[Booking]:
        """List the bookings whose number is greater than `after`, oldest first."""
        return self._bookings[after : None if limit is None else after + limit]

    def _full(self) -> str:
        return f"not processed: the ledger is full at {self._limit}"
