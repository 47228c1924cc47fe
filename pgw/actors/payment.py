"""A payment's operations, each read top to bottom. One payment has one writer: its actor."""

from itertools import count
from typing import assert_never

import structlog
import trio
from attrs import define, field, frozen

from pgw.actors.backoff import Backoff
from pgw.actors.bank import Bank
from pgw.actors.in_flight import InFlight
from pgw.actors.mailbox import Reply
from pgw.bank.port import (
    Answer,
    Authorize,
    Authorized,
    Declined,
    Doubtful,
    NotProcessed,
    NotSent,
    Rejected,
)
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.errors import FailureCode, Refusal
from pgw.domain.job import Job, JobFailure
from pgw.domain.payment import Payment, PaymentOrder
from pgw.domain.result import Err, Ok, Result
from pgw.ports import Clock, Ids
from pgw.storage.port import Change, Storage, StorageUnavailable

_log = structlog.get_logger()


@frozen
class SubmitPayment:
    """Accept this order durably, answer with its job, then settle it with the bank."""

    merchant_id: str
    order: PaymentOrder
    request_id: str
    reply_to: Reply[Result[Job, Refusal]]


@frozen
class PaymentPorts:
    """What every payment actor works with. `submission_window` is in seconds from accept."""

    storage: Storage
    bank: Bank
    clock: Clock
    ids: Ids
    backoff: Backoff
    submission_window: float


@define(eq=False)
class PaymentActor:
    """Carries one payment from its acceptance to what the bank answered."""

    ports: PaymentPorts
    job_id: str
    in_flight: InFlight
    command: SubmitPayment | None = field(repr=False)
    times_taken_up: int = 0

    async def run(self) -> None:
        """Pay. After a crash the command, and with it the CVV, is gone: what was stored is taken up."""
        command, self.command = self.command, None
        if command is None:
            await self._take_up()
        else:
            await self._pay(command)

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
        change = Change(payment, job, attempt)
        match await ports.storage.write(change):
            case Err(refusal):
                command.reply_to.answer(Err(refusal))
                return None
            case Ok():
                command.reply_to.answer(Ok(job))
                return change

    async def _authorize(self, change: Change, order: PaymentOrder) -> None:
        call = Authorize(change.attempt.reference, order.amount, order.card, capture=order.capture)
        answer, tries = await self._submit(call)
        await self._store(outcome_of(change, answer, tries, self.ports.clock))

    async def _submit(self, call: Authorize) -> tuple[Answer, int]:
        """Try under one reference for as long as every try so far is known not to have been processed."""
        ports = self.ports
        submit_by = ports.clock.monotonic() + ports.submission_window
        for tries in count(1):
            answer = await ports.bank.perform(call, submit_by=submit_by)
            if not isinstance(answer, NotSent | NotProcessed):
                break
            delay = ports.backoff.delay(tries)
            if ports.clock.monotonic() + delay >= submit_by:
                break
            await trio.sleep(delay)
        return answer, tries

    async def _take_up(self) -> None:
        """Take up what a crash left: the bank may have been asked, so the outcome is unknown.

        A payment that crashes here each time backs off, so that alone it never brings its merchant down.
        """
        self.times_taken_up += 1
        if self.times_taken_up > 1:
            await trio.sleep(self.ports.backoff.delay(self.times_taken_up - 1))
        change = await self._stored()
        if change is not None and change.is_interrupted:
            await self._store(interrupted(change, self.ports.clock))

    async def _stored(self) -> Change | None:
        """Read what was stored last, however long storage answers no reads."""
        tries = 0
        while True:
            try:
                return await self.ports.storage.change_of(self.job_id)
            except StorageUnavailable as error:
                tries += 1
                _log.error("PaymentNotRead", JobId=self.job_id, Reason=error, Tries=tries)
                await trio.sleep(self.ports.backoff.delay(tries))

    async def _store(self, change: Change) -> None:
        """Write the outcome, however long storage takes no writes: it is known nowhere else."""
        for tries in count(1):
            match await self.ports.storage.write(change):
                case Ok():
                    return
                case Err(refusal):
                    _log.error("OutcomeNotStored", JobId=change.job.id, Reason=refusal, Tries=tries)
                    await trio.sleep(self.ports.backoff.delay(tries))


def outcome_of(change: Change, answer: Answer, tries: int, clock: Clock) -> Change:
    """Judge what the bank's answer, the last of so many tries, means for the payment."""
    payment, now = change.payment, clock.now()
    failure = code = None
    outcome = AttemptOutcome.ANSWERED
    match answer:
        case Authorized(authorization_code):
            payment, code = payment.authorized(now), authorization_code
        case Declined(decline_code):
            payment = payment.declined(decline_code, now)
        case Rejected():
            failure = JobFailure(FailureCode.BANK_REJECTED, "The bank refused the request as malformed.")
            payment = payment.failed(now)
        case NotSent() | NotProcessed():
            failure = JobFailure(FailureCode.BANK_UNAVAILABLE, "The bank took no request in time.")
            payment, outcome = payment.failed(now), AttemptOutcome.NOT_PROCESSED
        case Doubtful(reason):
            _log.warning("OutcomeUnknown", JobId=change.job.id, Reason=reason, Tries=tries)
            payment, outcome = payment.doubted(now), AttemptOutcome.DOUBTFUL
        case _:
            assert_never(answer)
    attempt = change.attempt.ended(outcome, tries, now, code)
    return Change(payment, change.job.following(payment, failure), attempt)


def interrupted(change: Change, clock: Clock) -> Change:
    return outcome_of(change, Doubtful("the gateway was interrupted"), change.attempt.tries, clock)
