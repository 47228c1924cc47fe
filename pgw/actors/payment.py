"""A payment from its acceptance to the bank's first answer. Until there is one, no other job is on it."""

from collections.abc import Callable

from attrs import frozen

from pgw.actors import happenings
from pgw.actors.job import JobActor
from pgw.actors.mailbox import Reply
from pgw.bank.port import Authorize
from pgw.domain.attempt import Attempt
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job
from pgw.domain.payment import Payment, PaymentOrder
from pgw.domain.result import Err, Ok, Result
from pgw.storage.port import Change

Accepted = Result[Job | Claim, Refusal]
MakeClaim = Callable[[Job], Claim]


@frozen
class SubmitPayment:
    """Accept this order durably, answer with its job, then settle it with the bank.

    `key` is the digest of the caller's `Idempotency-Key`, and `make_claim` what is kept with it. Where a
    payment was accepted under it before, the answer is that claim.
    """

    merchant_id: str
    order: PaymentOrder
    request_id: str
    reply_to: Reply[Accepted]
    key: str | None = None
    make_claim: MakeClaim | None = None


class PaymentActor(JobActor[SubmitPayment]):
    """Pays: the job whose attempt the bank authorizes or declines."""

    async def _accept(self, command: SubmitPayment) -> Change | None:
        ports, now = self.ports, self.ports.clock.now()
        payment_id, reference = ports.ids.new("pay"), ports.ids.new("ref")
        payment = Payment.ordered(
            payment_id, command.merchant_id, command.order, ports.bank.name, now, reference=reference
        )
        job = Job.opened(self.job_id, payment, command.request_id)
        attempt = Attempt.intended(reference, payment.id, job.id, ports.bank.name, now)
        claim = command.make_claim and command.make_claim(job)
        change = Change(payment, job, attempt, claim=claim, entries=happenings.begun(job, attempt))
        match await ports.storage.write(change):
            case Ok():
                command.reply_to.answer(Ok(job))
                return change
            case Err(Claim() as before):
                command.reply_to.answer(Ok(before))
            case Err(Refusal() as refusal):
                command.reply_to.answer(Err(refusal))
        return None

    def _call(self, change: Change, command: SubmitPayment) -> Authorize:
        order = command.order
        return Authorize(change.attempt.reference, order.amount, order.card, capture=order.capture)
