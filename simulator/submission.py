"""What came in under each reference, be it booked or not."""

import contextlib
from collections.abc import Iterator

import attrs

from simulator.booking import Booking, Kind
from simulator.fields import MalformedError

WAS_REVERSED = "Idempotency-Key: was reversed"


class LedgerFullError(Exception):
    """No more is booked; the message says at how many."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"not processed: the ledger is full at {limit}")


@attrs.define(eq=False)
class Submission:
    """One reference names one thing: a payment, or one operation on one."""

    reference: str | None
    kind: Kind | None
    """None for a reference of which only a reversal came in."""
    fingerprint: bytes | None
    """None where `kind` is."""
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


class Submissions:
    """All of them, by reference. `limit` bounds the references that come in."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_reference: dict[str, Submission] = {}

    def find(self, reference: str | None) -> Submission | None:
        return None if reference is None else self._by_reference.get(reference)

    def submit(self, reference: str | None, kind: Kind, fingerprint: bytes, *, dedupe: bool) -> Submission:
        """Count a submission.

        Raises MalformedError for a reference that was reversed or is known from another request, and
        LedgerFullError. Without `dedupe` another request of the same kind is taken.
        """
        submission = self.find(reference)
        if submission is None:
            self.check_room()
            submission = self.add(reference, kind, fingerprint)
        elif submission.reversed:
            submission.count += 1
            raise MalformedError(WAS_REVERSED)
        elif submission.kind is not kind or (dedupe and submission.fingerprint != fingerprint):
            raise MalformedError("Idempotency-Key: was used before for another request")
        submission.count += 1
        return submission

    def add(self, reference: str | None, kind: Kind | None, fingerprint: bytes | None) -> Submission:
        """Begin one, whatever the limit."""
        submission = Submission(reference, kind, fingerprint)
        if reference is not None:
            self._by_reference[reference] = submission
        return submission

    def check_room(self) -> None:
        """Raise LedgerFullError where no other reference fits."""
        if len(self._by_reference) >= self._limit:
            raise LedgerFullError(self._limit)
