"""Changes of one payment by several jobs, as the actors make them in turn."""

from datetime import datetime, timedelta
from itertools import count

from attrs import evolve

from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobFailure
from pgw.domain.operation import OperationOrder, VoidOrder, begin
from pgw.domain.payment import Payment, VoidReason
from pgw.domain.result import Ok
from pgw.storage.port import Change
from tests.storage.conftest import NOW, Changes

FAILURE = JobFailure(FailureCode.REFUND_DECLINED, "The bank declined it.", "processing_error")


class Operating:
    """A payment of 100.00 that the bank said yes to, and what is done with it afterwards."""

    def __init__(self, changes: Changes, *, capture: bool) -> None:
        accepted = changes.accepted(minor_units=10_000, capture=capture)
        self.paid = (accepted, changes.authorized(accepted))
        self.payment: Payment = self.paid[1].payment
        self._numbers = count(1)
        self._now = self.payment.updated_at

    @property
    def next_time(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now

    def begin(self, order: OperationOrder) -> Change:
        """Begin what is to be possible, an expired void when its time has come."""
        if order == VoidOrder(VoidReason.EXPIRED):
            self.payment = evolve(self.payment, expires_at=self._now)
        begun = begin(self.payment, order, self.next_time)
        assert isinstance(begun, Ok), begun
        self.payment, number = begun.value.payment, next(self._numbers)
        job = Job.begun(f"job_{self.payment.id}_{number:03}", begun.value, order, f"req_{number}")
        reference = f"ref_{self.payment.id}_{number:03}"
        attempt = Attempt.intended(reference, self.payment.id, job.id, "bank", job.created_at)
        return Change(self.payment, job, attempt)

    def done(self, begun: Change) -> Change:
        self.payment, job = begun.job.completed(self.payment, self.next_time)
        return Change(self.payment, job, begun.attempt.ended(AttemptOutcome.ANSWERED, 1, self._now))

    def failed(self, begun: Change) -> Change:
        self.payment, job = begun.job.failed(self.payment, FAILURE, self.next_time)
        return Change(self.payment, job, begun.attempt.ended(AttemptOutcome.ANSWERED, 1, self._now))

    def doubted(self, begun: Change) -> Change:
        """Follow what the merchant is not told: the payment and the job are whatever they are."""
        attempt = begun.attempt.doubted(1, self.next_time, NOW + timedelta(hours=1))
        return evolve(begun, attempt=attempt, is_told=False)
