"""A capture, a void or a refund, from its acceptance to the bank's first answer."""

from typing import assert_never

import trio
from attrs import frozen

from pgw.actors import happenings
from pgw.actors.job import JobActor
from pgw.actors.mailbox import Reply
from pgw.actors.payment import MakeClaim
from pgw.actors.turns import TURN_SECONDS
from pgw.bank.port import Capture, Operation, Refund, Void
from pgw.domain.attempt import Attempt
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job, JobType
from pgw.domain.operation import OperationOrder, OperationRefusal, begin
from pgw.domain.payment import Payment
from pgw.domain.result import Err, Ok, Result
from pgw.storage.port import Change, StorageUnavailable

Accepted = Result[Job | Claim, Refusal | OperationRefusal]


@frozen
class SubmitOperation:
    """Accept this operation on a payment durably, answer with its job, then settle it with the bank.

    `key` and `make_claim` are as those of `SubmitPayment`.
    """

    merchant_id: str
    payment_id: str
    order: OperationOrder
    request_id: str
    reply_to: Reply[Accepted]
    key: str | None = None
    make_claim: MakeClaim | None = None


class OperationActor(JobActor[SubmitOperation]):
    """Reserves its amount in the payment's turn, so that of two that race only one may have it."""

    async def _accept(self, command: SubmitOperation) -> Change | None:
        accepted: Change | Accepted = Err(Refusal.STORAGE_UNAVAILABLE)
        with trio.move_on_after(TURN_SECONDS) as waiting:
            async with self.ports.turns.of(command.payment_id):
                # From here on storage has a patience of its own.
                waiting.deadline = float("inf")
                accepted = await self._begin(command)
        if isinstance(accepted, Change):
            command.reply_to.answer(Ok(accepted.job))
            return accepted
        command.reply_to.answer(accepted)
        return None

    async def _begin(self, command: SubmitOperation) -> Change | Accepted:
        """Judge the payment as the newest write left it, and write what the operation makes of it."""
        storage = self.ports.storage
        try:
            payment = await storage.payment_to_change(command.merchant_id, command.payment_id)
            if payment is None:
                return Err(OperationRefusal.UNKNOWN_PAYMENT)
            match begin(payment, command.order, self.ports.clock.now()):
                case Err(refusal):
                    # It may be by this very operation that it is not possible any more.
                    known = command.key and await storage.claim(command.merchant_id, command.key)
                    return Ok(known) if known else Err(refusal)
                case Ok(begun):
                    job = Job.begun(self.job_id, begun, command.order, command.request_id)
        except StorageUnavailable:
            return Err(Refusal.STORAGE_UNAVAILABLE)
        change = self._intended(begun.payment, job, command)
        written = await storage.write(change)
        if isinstance(written, Ok):
            return change
        before = written.error
        return Ok(before) if isinstance(before, Claim) else Err(before)

    def _intended(self, payment: Payment, job: Job, command: SubmitOperation) -> Change:
        reference = self.ports.ids.new("ref")
        attempt = Attempt.intended(reference, payment.id, job.id, payment.bank, job.created_at)
        claim = command.make_claim and command.make_claim(job)
        return Change(payment, job, attempt, claim=claim, entries=happenings.begun(job, attempt))

    def _call(self, change: Change, command: SubmitOperation) -> Operation:  # noqa: ARG002 - all of it is stored
        return call_for(change)


def call_for(change: Change) -> Operation:
    """Return what the bank is asked, the same at every try."""
    job, payment = change.job, change.payment
    reference, of = change.attempt.reference, payment.authorization_reference
    match job.type:
        case JobType.CAPTURE:
            return Capture(reference, of, job.amount, is_final=job.is_final)
        case JobType.VOID:
            return Void(reference, of)
        case JobType.REFUND:
            return Refund(reference, of, job.amount)
        case JobType.PAYMENT:
            raise AssertionError("a payment is no operation on one")
        case _:
            assert_never(job.type)
