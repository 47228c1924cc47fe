"""Bugs in captures, voids and refunds. Where the database's own barrier would hold, it is gone too."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest.mock import patch

import trio
from attrs import evolve

from pgw.actors import inquiry, investigation, outcome
from pgw.actors import job as jobs
from pgw.actors.happenings import Asking
from pgw.actors.inquiry import Inquiry
from pgw.actors.job import Submission
from pgw.actors.operation import OperationActor, SubmitOperation
from pgw.actors.outcome import failing, outcome_of
from pgw.actors.payment_ports import Judge, PaymentPorts
from pgw.actors.turns import Turns
from pgw.bank.port import (
    Accepted,
    Capture,
    Doubtful,
    NeverSeen,
    Operation,
    Reversal,
    Reverse,
    Reversed,
)
from pgw.domain import attempt as attempts
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.job import JobType
from pgw.domain.operation import OperationOrder, RefundOrder
from pgw.domain.payment import Payment
from pgw.domain.timeline import Happening
from pgw.storage import rows, sqlite, writing
from pgw.storage.port import Change
from tests.simulation.bank_faults import LATEST_SECONDS

BARRIERS = (
    "captures_never_exceed_what_is_authorized",
    "a_void_wants_nothing_captured",
    "refunds_never_exceed_captures",
    "a_payment_is_as_its_operations_begin",
    "a_payment_is_as_its_operations_end",
    "what_was_moved_stands",
)


@contextmanager
def no_barrier(*names: str) -> Iterator[None]:
    """Leave triggers of the database out."""
    drops = "".join(f"DROP TRIGGER IF EXISTS {name};" for name in names)
    with patch.object(writing, "_INSTALL", f"{writing._INSTALL} {drops}"):
        yield


@contextmanager
def check_outside_the_turn(*kinds: type[OperationOrder]) -> Iterator[None]:
    """Whether an operation is possible is judged while another one of the same payment may be, too."""
    accept = OperationActor._accept

    class NoTurns(Turns):
        @asynccontextmanager
        async def of(self, payment_id: str) -> AsyncIterator[None]:  # noqa: ARG002
            yield

    async def _accept(actor: OperationActor, command: SubmitOperation) -> Change | None:
        has_turn = not isinstance(command.order, kinds)
        ports = actor.ports if has_turn else evolve(actor.ports, turns=NoTurns())
        return await accept(evolve(actor, ports=ports), command)

    with patch.object(OperationActor, "_accept", _accept):
        yield


@contextmanager
def refund_check_outside_the_turn() -> Iterator[None]:
    """Two refunds that race both find that there is enough left, and the database lets it happen."""
    with check_outside_the_turn(RefundOrder), no_barrier(*BARRIERS):
        yield


@contextmanager
def refund_reversed_as_payment() -> Iterator[None]:
    """An unknown refund is undone under the reference of the payment, which undoes the charge."""
    reversed_ = inquiry.reversed_

    async def reverse(ports: PaymentPorts, change: Change) -> Inquiry[Reversal]:
        if change.job.type is not JobType.REFUND:
            return await reversed_(ports, change)
        call = Reverse(change.payment.authorization_reference)
        asking = Asking.begun(ports.clock)
        submit_by = asking.monotonic + inquiry.WAIT_FOR_SESSION_SECONDS
        answer = await ports.bank.perform(call, submit_by=submit_by)
        return Inquiry(answer, asking.answered(Happening.REVERSED, call.reference, answer))

    with patch.object(investigation, "reversed_", reverse):
        yield


@contextmanager
def refund_failed_by_time_out() -> Iterator[None]:
    """A refund that timed out has failed."""
    with patch.object(jobs, "outcome_of", _doubt_is_failure_of(JobType.REFUND)):
        yield


@contextmanager
def void_given_up() -> Iterator[None]:
    """A void that timed out has failed."""
    with patch.object(jobs, "outcome_of", _doubt_is_failure_of(JobType.VOID)):
        yield


def _doubt_is_failure_of(kind: JobType) -> Callable[..., Change]:
    def judge(ports: PaymentPorts, change: Change, answer: Any, tries: int, **others: bool) -> Change:
        if change.job.type is not kind or not isinstance(answer, Doubtful):
            return outcome_of(ports, change, answer, tries, **others)
        attempt = change.attempt.ended(AttemptOutcome.NOT_PROCESSED, tries, ports.clock.now())
        return failing(change, FailureCode.BANK_UNAVAILABLE, attempt, attempt.updated_at)

    return judge


@contextmanager
def unseen_capture_failed() -> Iterator[None]:
    """A capture that the bank never saw has failed, without a reversal."""
    look_up = investigation._look_up

    async def _look_up(ports: PaymentPorts, change: Change) -> None:
        is_capture = change.job.type is JobType.CAPTURE
        if not is_capture or not isinstance((await inquiry.found(ports, change)).answer, NeverSeen):
            await look_up(ports, change)
            return

        def judge(stored: Change) -> Change:
            now = ports.clock.now()
            attempt = stored.attempt.ended(AttemptOutcome.ANSWERED, stored.attempt.tries, now)
            return failing(stored, FailureCode.INTERRUPTED, attempt, now)

        await ports.conclude(change, judge)

    with patch.object(investigation, "_look_up", _look_up):
        yield


@contextmanager
def void_reversed() -> Iterator[None]:
    """An unknown void is treated as a capture is: looked up, else reversed."""
    with patch.object(investigation, "_repeat", investigation._look_up):
        yield


@contextmanager
def freed_while_unknown() -> Iterator[None]:
    """What an operation has reserved is free again as soon as its outcome is unknown."""
    doubting, succeeding, failing_ = outcome.doubting, outcome.succeeding, outcome._failing
    freed: list[Attempt] = []

    def reserve(change: Change, sign: int) -> Payment:
        payment, amount = change.payment, change.job.amount.minor_units
        match change.job.type:
            case JobType.CAPTURE:
                return evolve(payment, capturing=payment.capturing + sign * amount)
            case JobType.REFUND:
                return evolve(payment, refunding=payment.refunding + sign * amount)
            case _:
                return payment

    def doubt(change: Change, attempt: Attempt, at: Any) -> Change:
        if change.job.is_payment or change.attempt.outcome is not AttemptOutcome.INTENDED:
            return doubting(change, attempt, at)
        freed.append(attempt)
        return doubting(evolve(change, payment=reserve(change, -1)), attempt, at)

    def to_rows(change: Any) -> rows.ChangeRows:
        written = rows.change_to_rows(change)
        is_freed = isinstance(change, Change) and any(change.attempt is one for one in freed)
        return evolve(written, payment=rows._payment_row(change.payment)) if is_freed else written

    def taken(change: Change) -> Change:
        is_sure = change.attempt.outcome is AttemptOutcome.INTENDED
        return change if is_sure else evolve(change, payment=reserve(change, 1))

    with (
        no_barrier(*BARRIERS),
        patch.object(sqlite, "change_to_rows", to_rows),
        patch.object(outcome, "doubting", doubt),
        patch.object(
            outcome, "succeeding", lambda ports, change, *rest: succeeding(ports, taken(change), *rest)
        ),
        patch.object(outcome, "_failing", lambda change, *rest: failing_(taken(change), *rest)),
    ):
        yield


@contextmanager
def stale_payment_written() -> Iterator[None]:
    """A job's end is written over the payment as that was when the job began."""

    async def conclude(ports: PaymentPorts, change: Change, judge: Judge) -> Change:
        following = judge(change)
        await ports.store(following)
        return following

    with no_barrier(*BARRIERS), patch.object(PaymentPorts, "conclude", conclude):
        yield


@contextmanager
def operation_accepted_after_reversal() -> Iterator[None]:
    """The bank's yes to an operation is taken over though its reversal has begun."""
    reverse = investigation._reverse
    reversing = {AttemptOutcome.ANSWERED, *attempts.OUTCOMES_AFTER[AttemptOutcome.REVERSING]}

    async def _reverse(ports: PaymentPorts, change: Change) -> None:
        if change.job.is_payment:
            await reverse(ports, change)
            return
        # What is late arrives meanwhile.
        await trio.sleep(LATEST_SECONDS)
        found = await inquiry.found(ports, change)
        reversal = await inquiry.reversed_(ports, change)
        if not isinstance(found.answer, Accepted) or not isinstance(reversal.answer, Reversed):
            await reverse(ports, change)
            return
        await ports.conclude(
            change, lambda stored: outcome_of(ports, stored, Accepted(), stored.attempt.tries)
        )

    with (
        no_barrier("a_reversal_stands"),
        patch.object(investigation, "_reverse", _reverse),
        patch.dict(attempts.OUTCOMES_AFTER, {AttemptOutcome.REVERSING: frozenset(reversing)}),
    ):
        yield


@contextmanager
def capture_under_new_reference() -> Iterator[None]:
    """A capture that timed out is sent again, under a new reference."""
    submit = OperationActor._submit

    async def _submit(actor: OperationActor, call: Operation) -> Submission:
        submitted = await submit(actor, call)
        if not isinstance(call, Capture) or not isinstance(submitted.answer, Doubtful):
            return submitted
        again = await submit(actor, evolve(call, reference=actor.ports.ids.new("ref")))
        return evolve(again, tries=submitted.tries + again.tries)

    with patch.object(OperationActor, "_submit", _submit):
        yield
