"""The bank's counter: takes every call, and decides, books and misbehaves as it was told."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random

import trio

from simulator.answers import Answer, Reply, error_answer, json_answer
from simulator.behaviour import Behaviour
from simulator.booking import Booking, Kind
from simulator.decisions import Decisions
from simulator.faults import Caller, Fault, answer_with
from simulator.fields import MalformedError
from simulator.ledger import Ledger
from simulator.operation import Operation
from simulator.operation_cards import operation_fault
from simulator.payment import Payment
from simulator.profiles import card_fault, refusal
from simulator.rates import share_of
from simulator.submission import WAS_REVERSED, Submission
from simulator.wire import answer_about

Decide = Callable[[], Booking]


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
        self._decisions = Decisions(behaviour, ledger, random, now)
        self._fingerprint_key = fingerprint_key

    async def pay(self, payment: Payment, reference: str | None, caller: Caller) -> Reply:
        """Process a payment, whether its caller waits or not; raises MalformedError and LedgerFullError."""
        behaviour = self._behaviour
        if why := refusal(behaviour.profile, payment):
            raise MalformedError(why)
        submission = self._submit(reference, Kind.PAYMENT, payment.fingerprint(self._fingerprint_key))
        by_rate = behaviour.faults.draw(self._random)
        by_card = card_fault(behaviour.profile, payment, submission.count)
        decide = partial(self._decisions.on_payment, payment, reference)
        return await self._process(submission, decide, by_card, by_rate, caller)

    async def operate(self, operation: Operation, reference: str | None, caller: Caller) -> Reply:
        """Capture, void or refund; in all else as `pay`, with the operation's own reference."""
        kind = operation.kind
        submission = self._submit(reference, kind, operation.fingerprint(self._fingerprint_key))
        by_rate = self._behaviour.operation_faults.draw(self._random)
        account = self._ledger.account(operation.payment_reference)
        by_card = operation_fault(account.payment.misbehaviour, kind) if account else None
        decide = partial(self._decisions.on_operation, operation, reference)
        return await self._process(submission, decide, by_card, by_rate, caller)

    async def look_up(self, reference: str, caller: Caller) -> Reply:
        fault = self._behaviour.lookup_faults.draw(self._random)
        return await self._answer(fault, lambda: self._known(reference), caller)

    async def reverse(self, reference: str, caller: Caller) -> Reply:
        """Let a reference not count, whether it was seen or not; raises LedgerFullError."""
        fault = self._behaviour.reversal_faults.draw(self._random)
        return await self._answer(fault, lambda: self._reverse(reference), caller)

    def _submit(self, reference: str | None, kind: Kind, fingerprint: bytes) -> Submission:
        return self._ledger.submit(reference, kind, fingerprint, dedupe=self._behaviour.dedupe)

    async def _process(
        self,
        submission: Submission,
        decide: Decide,
        by_card: Fault | None,
        by_rate: Fault | None,
        caller: Caller,
    ) -> Reply:
        is_repeat = self._behaviour.dedupe and submission.booking is not None
        fault = by_rate if is_repeat else by_card or by_rate
        book = partial(self._book, submission, decide)
        if is_repeat or fault is Fault.DELAYED:  # what is still on its way is not in process
            return await self._answer(fault, book, caller)
        with submission.processing():
            await self._take_time()
            return await self._answer(fault, book, caller)

    async def _answer(self, fault: Fault | None, decide: Callable[[], Answer], caller: Caller) -> Reply:
        return await answer_with(fault, decide, caller=caller, late_seconds=self._behaviour.late_seconds)

    async def _take_time(self) -> None:
        seconds = self._behaviour.latency + self._behaviour.jitter * self._random.random()
        if seconds:
            await trio.sleep(seconds)

    def _book(self, submission: Submission, decide: Decide) -> Answer:
        """Book, unless the same reference was booked or reversed before (or meanwhile)."""
        if submission.reversed:
            return error_answer(400, WAS_REVERSED)
        if submission.booking and self._behaviour.dedupe:
            return answer_about(submission.booking)
        booking = decide()
        self._ledger.book(submission, booking)
        return answer_about(booking)

    def _known(self, reference: str) -> Answer:
        submission = self._ledger.submission(reference)
        if submission and submission.booking:
            is_reversed = self._ledger.is_reversed(submission.booking)
            return answer_about(submission.booking, is_reversed=is_reversed)
        if submission and submission.in_process and not submission.reversed:
            return json_answer(200, {"pending": True})
        return json_answer(404, {"found": False})

    def _reverse(self, reference: str) -> Answer:
        submission = self._ledger.submission(reference)
        is_refused = share_of(reference) < self._behaviour.refuse_reversals
        if not (submission and submission.reversed):
            if is_refused or not self._ledger.can_reverse(reference):
                return json_answer(200, {"reversed": False})
            self._ledger.reverse(reference)
        return json_answer(200, {"reversed": True})
