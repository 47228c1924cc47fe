"""The bank's counter: takes every call, and decides, books and misbehaves as it was told."""

import uuid
from collections.abc import Callable
from datetime import datetime
from random import Random

import attrs
import trio

from simulator.answers import Answer, Reply, error_answer, json_answer
from simulator.booking import Booking
from simulator.faults import Caller, Fault, answer_with
from simulator.ledger import WAS_REVERSED, Ledger, Submission
from simulator.payment import MalformedError, Payment
from simulator.profiles import Profile, card_fault, decline_code, refusal
from simulator.rates import NO_FAULTS, FaultRates, share_of
from simulator.wire import answer_about


@attrs.frozen
class Behaviour:
    """What the operator chose. All times are in seconds."""

    profile: Profile = Profile.MAGIC
    dedupe: bool = True
    latency: float = 0
    jitter: float = 0
    late_seconds: float = 15
    faults: FaultRates = NO_FAULTS
    lookup_faults: FaultRates = NO_FAULTS
    reversal_faults: FaultRates = NO_FAULTS
    refuse_reversals: float = 0
    """The share of references, from 0 to 1, that it does not reverse."""


class Bank:
    def __init__(
        self,
        behaviour: Behaviour,
        ledger: Ledger,
        random: Random,
        *,
        now: Callable[[], datetime],
        fingerprint_key: bytes,
    ) -> None:
        self._behaviour = behaviour
        self._ledger = ledger
        self._random = random
        self._now = now
        self._fingerprint_key = fingerprint_key

    async def pay(self, payment: Payment, reference: str | None, caller: Caller) -> Reply:
        """Process a payment, whether its caller waits or not; raises MalformedError and LedgerFullError."""
        behaviour = self._behaviour
        if why := refusal(behaviour.profile, payment):
            raise MalformedError(why)
        submission = self._ledger.submit(
            reference, payment.fingerprint(self._fingerprint_key), dedupe=behaviour.dedupe
        )
        fault = behaviour.faults.draw(self._random)
        is_repeat = behaviour.dedupe and submission.booking is not None
        if not is_repeat:
            fault = card_fault(behaviour.profile, payment, submission.count) or fault
        if is_repeat or fault is Fault.DELAYED:  # what is still on its way is not in process
            return await self._answer(fault, lambda: self._decide(submission, payment), caller)
        with submission.processing():
            await self._take_time()
            return await self._answer(fault, lambda: self._decide(submission, payment), caller)

    async def look_up(self, reference: str, caller: Caller) -> Reply:
        fault = self._behaviour.lookup_faults.draw(self._random)
        return await self._answer(fault, lambda: self._known(reference), caller)

    async def reverse(self, reference: str, caller: Caller) -> Reply:
        """Let a reference not count, whether it was seen or not; raises LedgerFullError."""
        fault = self._behaviour.reversal_faults.draw(self._random)
        return await self._answer(fault, lambda: self._reverse(reference), caller)

    async def _answer(self, fault: Fault | None, decide: Callable[[], Answer], caller: Caller) -> Reply:
        return await answer_with(fault, decide, caller=caller, late_seconds=self._behaviour.late_seconds)

    async def _take_time(self) -> None:
        seconds = self._behaviour.latency + self._behaviour.jitter * self._random.random()
        if seconds:
            await trio.sleep(seconds)

    def _decide(self, submission: Submission, payment: Payment) -> Answer:
        """Book, unless the same reference was booked or reversed before (or meanwhile)."""
        if submission.reversed:
            return error_answer(400, WAS_REVERSED)
        if submission.booking and self._behaviour.dedupe:
            return answer_about(submission.booking)
        booking = self._booking(submission.reference, payment)
        self._ledger.book(submission, booking)
        return answer_about(booking)

    def _booking(self, reference: str | None, payment: Payment) -> Booking:
        now = self._now()
        declined = decline_code(self._behaviour.profile, payment, now)
        code = uuid.UUID(int=self._random.getrandbits(128), version=4)
        return Booking(
            number=self._ledger.count + 1,
            reference=reference,
            last_four=payment.last_four,
            currency=payment.currency.code,
            amount=payment.amount,
            captured_amount=payment.amount if payment.capture and not declined else 0,
            authorization_code="" if declined else str(code),
            decline_code=declined,
            booked_at=now,
        )

    def _known(self, reference: str) -> Answer:
        submission = self._ledger.submission(reference)
        if submission and submission.booking:
            return answer_about(submission.booking, is_reversed=submission.reversed)
        if submission and submission.in_process and not submission.reversed:
            return json_answer(200, {"pending": True})
        return json_answer(404, {"found": False})

    def _reverse(self, reference: str) -> Answer:
        submission = self._ledger.submission(reference)
        is_refused = share_of(reference) < self._behaviour.refuse_reversals
        if is_refused and not (submission and submission.reversed):
            return json_answer(200, {"reversed": False})
        self._ledger.reverse(reference)
        return json_answer(200, {"reversed": True})
