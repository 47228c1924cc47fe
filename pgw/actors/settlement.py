"""An operator's word on an outcome that the bank does not tell."""

from enum import StrEnum

import trio
from attrs import frozen

from pgw.actors import happenings
from pgw.actors.mailbox import Reply
from pgw.actors.outcome import declining, failing, succeeding
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.turns import TURN_SECONDS
from pgw.bank.port import BankFeature
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.decline import DeclineCode
from pgw.domain.errors import FailureCode, Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.result import Err, Ok, Result
from pgw.storage.port import Change

UNKNOWN = frozenset({AttemptOutcome.DOUBTFUL, AttemptOutcome.NOT_REVERSIBLE})
"""Attempts whose outcome the bank has not told, and that are not being undone."""


class Verdict(StrEnum):
    """What an operator learnt from the bank by other means."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    FAILED = "failed"


class CannotSettle(StrEnum):
    """Why an operator's word was not taken, as a sentence for the operator."""

    UNKNOWN_JOB = "There is no such job."
    NOT_UNKNOWN = "Its outcome is known, or the bank's first answer is still awaited."
    BEING_REVERSED = "A reversal of it has begun, so its only outcome is that it failed."
    STORAGE_UNAVAILABLE = "Storage takes no writes; nothing was changed."
    BUSY = "The bank is being asked about it at this moment; try again in a minute."


Settled = Result[Change, CannotSettle]


@frozen
class SettlePayment:
    """End an unknown outcome as an operator says."""

    job_id: str
    verdict: Verdict
    reason: str
    reply_to: Reply[Settled]


async def settle(ports: PaymentPorts, command: SettlePayment) -> Settled:
    """Settle what was stored last, durably, or say why not. Raises `StorageUnavailable`."""
    known = await ports.storage.change_of(command.job_id)
    if known is None:
        return Err(CannotSettle.UNKNOWN_JOB)
    settled: Settled = Err(CannotSettle.BUSY)
    with trio.move_on_after(TURN_SECONDS) as waiting:
        async with ports.turns.of(known.payment.id):
            # From here on storage has a patience of its own.
            waiting.deadline = float("inf")
            settled = await _settle(ports, command)
    return settled


async def _settle(ports: PaymentPorts, command: SettlePayment) -> Settled:
    stored = await ports.storage.change_of(command.job_id)
    assert stored is not None, "a job is never forgotten"
    if stored.attempt.outcome is AttemptOutcome.REVERSING:
        return Err(CannotSettle.BEING_REVERSED)
    if not stored.job.is_open or stored.attempt.outcome not in UNKNOWN:
        return Err(CannotSettle.NOT_UNKNOWN)
    change = _settled(ports, stored, command)
    match await ports.storage.write(change):
        case Err(Refusal() | Claim()):
            return Err(CannotSettle.STORAGE_UNAVAILABLE)
        case Ok():
            return Ok(change)


def _settled(ports: PaymentPorts, stored: Change, command: SettlePayment) -> Change:
    now, due_at = ports.clock.now(), None
    if command.verdict is Verdict.FAILED and BankFeature.LOOK_UP in ports.bank.features:
        # Watched from here on, so that a charge that comes late is seen.
        due_at = ports.due_after(1)
    attempt = stored.attempt.settled(command.reason, now, due_at)
    return _outcome(ports, stored, command, attempt).telling(happenings.settled(attempt, command.verdict))


def _outcome(ports: PaymentPorts, stored: Change, command: SettlePayment, attempt: Attempt) -> Change:
    now = attempt.updated_at
    match command.verdict:
        case Verdict.SUCCEEDED:
            return succeeding(ports, stored, attempt, now)
        case Verdict.DECLINED:
            return declining(stored, DeclineCode.GENERIC_DECLINE, attempt, now)
        case Verdict.FAILED:
            return failing(stored, FailureCode.SETTLED_BY_OPERATOR, attempt, now)
