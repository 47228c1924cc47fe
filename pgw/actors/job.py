"""What all jobs have in common, from their acceptance to the bank's first answer."""

from abc import ABC, abstractmethod
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

import trio
from attrs import define, field, frozen

from pgw.actors.happenings import Asking
from pgw.actors.in_flight import InFlight
from pgw.actors.mailbox import Reply
from pgw.actors.outcome import outcome_of
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.port import Authorization, Authorize, NotProcessed, NotSent, Operation, OperationAnswer
from pgw.domain.timeline import Happening, TimelineEntry
from pgw.storage.port import Change


class _Command(Protocol):
    @property
    def reply_to(self) -> Reply[Any]: ...


Command = TypeVar("Command", bound=_Command)


@frozen
class Submission:
    """The last answer of how many tries, and whether the bank itself refused one (503)."""

    answer: Authorization | OperationAnswer
    tries: int
    was_refused: bool
    entries: tuple[TimelineEntry, ...] = ()


@define(eq=False)
class JobActor(ABC, Generic[Command]):
    """Carries one job from its acceptance to what the bank answered."""

    ports: PaymentPorts
    job_id: str
    in_flight: InFlight
    command: Command | None = field(repr=False)
    times_restarted: int = 0

    async def run(self) -> None:
        """Do the job. After a crash the command, and a CVV with it, is gone: what was stored is let rest.

        A job that crashes here each time backs off, so that alone it never brings its merchant down.
        """
        command, self.command = self.command, None
        if command is not None:
            await self._do(command)
            return
        self.times_restarted += 1
        if self.times_restarted > 1:
            await trio.sleep(self.ports.backoff.delay(self.times_restarted - 1))
        await self.ports.let_rest([self.job_id])

    async def _do(self, command: Command) -> None:
        try:
            change = await self._accept(command)
            if change is not None:
                await self._settle(change, self._call(change, command))
        finally:
            self.in_flight.release()
            command.reply_to.abandon()

    @abstractmethod
    async def _accept(self, command: Command) -> Change | None:
        """Make the job and the intent to call the bank durable, and only then answer the caller."""

    @abstractmethod
    def _call(self, change: Change, command: Command) -> Authorize | Operation:
        """Return what the bank is asked."""

    async def _settle(self, change: Change, call: Authorize | Operation) -> None:
        submitted = await self._submit(call)

        def judge(stored: Change) -> Change:
            outcome = outcome_of(
                self.ports, stored, submitted.answer, submitted.tries, was_refused=submitted.was_refused
            )
            return outcome.telling(*submitted.entries)

        await self.ports.conclude(change, judge)

    async def _submit(self, call: Authorize | Operation) -> Submission:
        """Try under one reference for as long as every try so far is known not to have been processed."""
        ports, clock = self.ports, self.ports.clock
        submit_by = clock.monotonic() + ports.submission_window
        was_refused, entries = False, []
        for tries in count(1):
            asking = Asking.begun(clock)
            answer = await ports.bank.perform(call, submit_by=submit_by)
            entries.append(asking.answered(Happening.SUBMITTED, call.reference, answer, attempt=tries))
            was_refused = was_refused or isinstance(answer, NotProcessed)
            if not isinstance(answer, NotSent | NotProcessed):
                break
            delay = ports.backoff.delay(tries)
            if clock.monotonic() + delay >= submit_by:
                break
            await trio.sleep(delay)
        return Submission(answer, tries, was_refused, tuple(entries))
