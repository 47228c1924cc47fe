"""A payment from its acceptance to the bank's first answer. One payment has one writer: its actor."""

from collections.abc import Callable
from itertools import count

import trio
from attrs import define, field, frozen

from pgw.actors.in_flight import InFlight
from pgw.actors.mailbox import Reply
from pgw.actors.outcome import outcome_of
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.port import (
    Authorization,
    Authorize,
    NotProcessed,
    NotSent,
)
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


@define(eq=False)
class PaymentActor:
    """Carries one payment from its acceptance to what the bank answered."""

    ports: PaymentPorts
    job_id: str
    in_flight: InFlight
    command: SubmitPayment | None = field(repr=False)
    times_restarted: int = 0

    async def run(self) -> None:
        """Pay. After a crash the command, and with it the CVV, is gone: what was stored is let rest.

        A payment that crashes here each time backs off, so that alone it never brings its merchant down.
        """
        command, self.command = self.command, None
        if command is not None:
            await self._pay(command)
            return
        self.times_restarted += 1
        if self.times_restarted > 1:
            await trio.sleep(self.ports.backoff.delay(self.times_restarted - 1))
        await self.ports.let_rest([self.job_id])

    async def _pay(self, command: SubmitPayment) -> None:
        try:
            change = await self._accept(command)
            if change is not None:
                await self._authorize(change, command.order)
        finally:
            self.in_flight.release()
            command.reply_to.abandon()

    async def _accept(self, command: SubmitPayment) -> Change | None:
        """Make payment, job and the intent to call the bank durable, and only then answer the caller."""
        ports, now = self.ports, self.ports.clock.now()
        payment = Payment.ordered(
            ports.ids.new("pay"), command.merchant_id, command.order, ports.bank.name, now
        )
        job = Job.opened(self.job_id, payment, command.request_id)
        attempt = Attempt.intended(ports.ids.new("ref"), payment.id, job.id, ports.bank.name, now)
        claim = command.make_claim and command.make_claim(job)
        change = Change(payment, job, attempt, claim=claim)
        match await ports.storage.write(change):
            case Ok():
                command.reply_to.answer(Ok(job))
                return change
            case Err(Claim() as before):
                command.reply_to.answer(Ok(before))
            case Err(Refusal() as refusal):
                command.reply_to.answer(Err(refusal))
        return None

    async def _authorize(self, change: Change, order: PaymentOrder) -> None:
        call = Authorize(change.attempt.reference, order.amount, order.card, capture=order.capture)
        answer, tries, was_refused = await self._submit(call)
        await self.ports.store(outcome_of(self.ports, change, answer, tries, was_refused=was_refused))

    async def _submit(self, call: Authorize) -> tuple[Authorization, int, bool]:
        """Try under one reference for as long as every try so far is known not to have been processed.

        Returns the last answer, how many tries there were, and whether the bank itself refused one (503).
        """
        ports = self.ports
        submit_by = ports.clock.monotonic() + ports.submission_window
        was_refused = False
        for tries in count(1):
            answer = await ports.bank.perform(call, submit_by=submit_by)
            was_refused = was_refused or isinstance(answer, NotProcessed)
            if not isinstance(answer, NotSent | NotProcessed):
                break
            delay = ports.backoff.delay(tries)
            if ports.clock.monotonic() + delay >= submit_by:
                break
            await trio.sleep(delay)
        return answer, tries, was_refused
