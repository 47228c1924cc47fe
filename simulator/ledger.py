"""What the bank knows: every booking it made, and every reference it was given."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Protocol

import attrs

from simulator.booking import Booking
from simulator.payment import MalformedError
from simulator.records import Booked, Record, Reversed

WAS_REVERSED = "Idempotency-Key: was reversed"


class LedgerFullError(Exception):
    """No more is booked; the message says at how many."""


class Journal(Protocol):
    def append(self, record: Record) -> None:
        """Take a record to be made durable after all before it."""

    async def durable(self) -> None:
        """Return once all that was appended until now is on disk."""


@attrs.define
class Submission:
    """What came in under one reference, be it booked or not."""

    reference: str | None
    fingerprint: bytes | None
    """None for a reference of which only a reversal came in."""
    count: int = 0
    in_process: int = 0
    booking: Booking | None = None
    """The latest one: with dedupe off there may be several."""
    reversed: bool = False
    """Nothing under this reference counts, and nothing will be booked any more."""

    @contextlib.contextmanager
    def processing(self) -> Iterator[None]:
        self.in_process += 1
        try:
            yield
        finally:
            self.in_process -= 1


class Ledger:
    """Kept in memory, and in a journal where there is one. `limit` bounds bookings and references alike."""

    def __init__(self, limit: int, journal: Journal | None = None) -> None:
        self._limit = limit
        self._journal = journal
        self._bookings: list[Booking] = []
        self._submissions: dict[str, Submission] = {}
        self._tombstones = 0

    def restore(self, records: Iterable[Record]) -> None:
        """Take in what an earlier run wrote, whatever the limit: it was answered."""
        for record in records:
            match record:
                case Booked(booking, fingerprint):
                    submission = self.submission(booking.reference)
                    submission = submission or self._add(booking.reference, fingerprint)
                    submission.count += 1
                    self._book(submission, booking)
                case Reversed(reference):
                    self._reverse(reference)

    def submit(self, reference: str | None, fingerprint: bytes, *, dedupe: bool) -> Submission:
        """Count a submission.

        Raises MalformedError for a reference that was reversed or is known from another body, and
        LedgerFullError.
        """
        submission = self.submission(reference)
        if submission is None:
            self._check_room(len(self._submissions))
            submission = self._add(reference, fingerprint)
        elif submission.reversed:
            submission.count += 1
            raise MalformedError(WAS_REVERSED)
        elif dedupe and submission.fingerprint != fingerprint:
            raise MalformedError("Idempotency-Key: was used before with another body")
        submission.count += 1
        return submission

    def book(self, submission: Submission, booking: Booking) -> None:
        """Book; raises LedgerFullError."""
        self._check_room(self.count)
        self._book(submission, booking)
        if self._journal:
            assert submission.fingerprint is not None
            self._journal.append(Booked(booking, submission.fingerprint))

    def reverse(self, reference: str) -> None:
        """Let nothing under this reference count, now or later; again is as once. Raises LedgerFullError."""
        submission = self.submission(reference)
        if submission and submission.reversed:
            return
        if submission is None:
            self._check_room(len(self._submissions))
        self._reverse(reference)
        if self._journal:
            self._journal.append(Reversed(reference))

    async def durable(self) -> None:
        """Return once all that an answer could tell by now would survive the bank's death."""
        if self._journal:
            await self._journal.durable()

    @property
    def count(self) -> int:
        """The number of bookings."""
        return len(self._bookings)

    @property
    def tombstones(self) -> int:
        """The number of references that were reversed and never booked."""
        return self._tombstones

    def submission(self, reference: str | None) -> Submission | None:
        return None if reference is None else self._submissions.get(reference)

    def bookings(self, *, after: int = 0, limit: int | None = None) -> list[Booking]:
        """List the bookings whose number is greater than `after`, oldest first."""
        return self._bookings[after : None if limit is None else after + limit]

    def _add(self, reference: str | None, fingerprint: bytes | None) -> Submission:
        submission = Submission(reference, fingerprint)
        if reference is not None:
            self._submissions[reference] = submission
        return submission

    def _book(self, submission: Submission, booking: Booking) -> None:
        assert booking.number == self.count + 1
        assert not submission.reversed
        self._bookings.append(booking)
        submission.booking = booking

    def _reverse(self, reference: str) -> None:
        submission = self.submission(reference) or self._add(reference, None)
        submission.reversed = True
        self._tombstones += submission.booking is None

    def _check_room(self, used: int) -> None:
        if used >= self._limit:
            raise LedgerFullError(f"not processed: the ledger is full at {self._limit}")
