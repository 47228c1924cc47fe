"""What the bank knows: every booking it made, and every reference it was given."""

from collections.abc import Iterable
from typing import Protocol

from simulator.account import Account, Accounts
from simulator.booking import Booking, Kind, OperationBooking
from simulator.records import Booked, Record, Reversed
from simulator.submission import LedgerFullError, Submission, Submissions


class Journal(Protocol):
    def append(self, record: Record) -> None:
        """Take a record to be made durable after all before it."""

    async def durable(self) -> None:
        """Return once all that was appended until now is on disk."""


class Ledger:
    """Kept in memory, and in a journal where there is one. `limit` bounds bookings and references alike."""

    def __init__(self, limit: int, journal: Journal | None = None) -> None:
        self._limit = limit
        self._journal = journal
        self._bookings: list[Booking] = []
        self._submissions = Submissions(limit)
        self._accounts = Accounts()
        self._tombstones = 0

    def restore(self, records: Iterable[Record]) -> None:
        """Take in what an earlier run wrote, whatever the limit: it was answered."""
        for record in records:
            match record:
                case Booked(booking, fingerprint):
                    submission = self.submission(booking.reference)
                    if submission is None:
                        submission = self._submissions.add(booking.reference, booking.kind, fingerprint)
                    submission.count += 1
                    self._book(submission, booking)
                case Reversed(reference):
                    self._reverse(reference)

    def submit(self, reference: str | None, kind: Kind, fingerprint: bytes, *, dedupe: bool) -> Submission:
        """Count a submission; raises what `Submissions.submit` does."""
        return self._submissions.submit(reference, kind, fingerprint, dedupe=dedupe)

    def book(self, submission: Submission, booking: Booking) -> None:
        """Book; raises LedgerFullError."""
        if self.count >= self._limit:
            raise LedgerFullError(self._limit)
        self._book(submission, booking)
        if self._journal:
            assert submission.fingerprint is not None
            self._journal.append(Booked(booking, submission.fingerprint))

    def can_reverse(self, reference: str) -> bool:
        """Tell whether it may: a void never, and no capture whose money was refunded."""
        submission = self.submission(reference)
        if submission is None:
            return True
        booking = submission.booking
        account = self.account(booking.payment_reference) if isinstance(booking, OperationBooking) else None
        is_needed = account is not None and account.needs(submission)
        return submission.kind is not Kind.VOID and not is_needed

    def reverse(self, reference: str) -> None:
        """Let nothing under this reference count, now or later; again is as once. Raises LedgerFullError."""
        submission = self.submission(reference)
        if submission and submission.reversed:
            return
        if submission is None:
            self._submissions.check_room()
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
        return self._submissions.find(reference)

    def account(self, payment_reference: str) -> Account | None:
        """Give what happened to a payment, if it was authorized and counts."""
        return self._accounts.of(self.submission(payment_reference))

    def is_reversed(self, booking: Booking) -> bool:
        """Tell whether it was reversed: an accepted operation is with its payment, too."""
        references = [booking.reference]
        if isinstance(booking, OperationBooking) and booking.accepted:
            references.append(booking.payment_reference)
        submissions = map(self.submission, references)
        return any(submission is not None and submission.reversed for submission in submissions)

    def bookings(self, *, after: int = 0, limit: int | None = None) -> list[Booking]:
        """List the bookings whose number is greater than `after`, oldest first."""
        return self._bookings[after : None if limit is None else after + limit]

    def _book(self, submission: Submission, booking: Booking) -> None:
        assert booking.number == self.count + 1
        assert not submission.reversed
        self._bookings.append(booking)
        submission.booking = booking
        if isinstance(booking, OperationBooking) and booking.accepted:
            account = self.account(booking.payment_reference)
            assert account is not None
            self._accounts.add(account, booking, submission)

    def _reverse(self, reference: str) -> None:
        submission = self.submission(reference) or self._submissions.add(reference, None, None)
        submission.reversed = True
        self._tombstones += submission.booking is None
