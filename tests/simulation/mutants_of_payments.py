"""Bugs in a payment's way to the bank."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from attrs import evolve

from pgw.actors import job as jobs
from pgw.actors.job import Submission
from pgw.actors.mailbox import Reply
from pgw.actors.outcome import failing, outcome_of
from pgw.actors.payment import PaymentActor, SubmitPayment
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.port import Authorization, Authorize, Doubtful
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.result import Ok, Result
from pgw.storage.port import Change


class _Storage:
    """Storage of which a mutant does one method otherwise."""

    def __init__(self, storage: Any, write: Any) -> None:
        self._storage = storage
        self.write = write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)


def _with_write(actor: PaymentActor, write: Any) -> PaymentActor:
    return evolve(actor, ports=evolve(actor.ports, storage=_Storage(actor.ports.storage, write)))


@contextmanager
def accepted_before_commit() -> Iterator[None]:
    """202 is sent before the commit."""
    accept = PaymentActor._accept

    async def _accept(actor: PaymentActor, command: SubmitPayment) -> Change | None:
        async def write(change: Change) -> Result[None, Any]:
            command.reply_to.answer(Ok(change.job))
            return await actor.ports.storage.write(change)

        return await accept(_with_write(actor, write), evolve(command, reply_to=Reply()))

    with patch.object(PaymentActor, "_accept", _accept):
        yield


@contextmanager
def sent_before_the_intent() -> Iterator[None]:
    """The bank is called before the intent is committed."""
    accept = PaymentActor._accept
    answers: dict[str, Authorization] = {}

    async def _accept(actor: PaymentActor, command: SubmitPayment) -> Change | None:
        async def write(change: Change) -> Result[None, Any]:
            order, ports = command.order, actor.ports
            call = Authorize(change.attempt.reference, order.amount, order.card, capture=order.capture)
            submit_by = ports.clock.monotonic() + ports.submission_window
            answers[call.reference] = await ports.bank.perform(call, submit_by=submit_by)
            return await ports.storage.write(change)

        return await accept(_with_write(actor, write), command)

    async def _submit(_actor: PaymentActor, call: Authorize) -> Submission:
        return Submission(answers.pop(call.reference), 1, was_refused=True)

    with patch.object(PaymentActor, "_accept", _accept), patch.object(PaymentActor, "_submit", _submit):
        yield


@contextmanager
def new_reference_after_time_out() -> Iterator[None]:
    """What timed out is sent again, under a new reference."""
    submit = PaymentActor._submit

    async def _submit(actor: PaymentActor, call: Authorize) -> Submission:
        submitted = await submit(actor, call)
        if not isinstance(submitted.answer, Doubtful):
            return submitted
        again = await submit(actor, evolve(call, reference=actor.ports.ids.new("ref")))
        return evolve(again, tries=submitted.tries + again.tries)

    with patch.object(PaymentActor, "_submit", _submit):
        yield


@contextmanager
def time_out_is_failure() -> Iterator[None]:
    """What timed out has failed."""

    def judge(
        ports: PaymentPorts, change: Change, answer: Authorization, tries: int, *, was_refused: bool = False
    ) -> Change:
        if not isinstance(answer, Doubtful):
            return outcome_of(ports, change, answer, tries, was_refused=was_refused)
        now = ports.clock.now()
        attempt = change.attempt.ended(AttemptOutcome.NOT_PROCESSED, tries, now)
        return failing(change, FailureCode.BANK_UNAVAILABLE, attempt, now)

    with patch.object(jobs, "outcome_of", judge):
        yield
