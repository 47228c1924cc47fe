"""What becomes of an unknown outcome, one step at a time: looked up, else reversed until acknowledged.

"Never seen" is no proof that the request will not arrive, so it is reversed before its payment fails. Between
two steps nothing is in memory: what is known, and when to ask again, rests in storage.
"""

from typing import assert_never

import structlog
from attrs import evolve

from pgw.actors.outcome import failing, outcome_of
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.port import (
    Authorized,
    BankFeature,
    Declined,
    Doubtful,
    Finding,
    LookUp,
    NeverSeen,
    NotProcessed,
    NotReversible,
    NotSent,
    Pending,
    Reversal,
    Reverse,
    Reversed,
)
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.flag import Flag, FlagCode
from pgw.storage.port import Change

WAIT_FOR_SESSION_SECONDS = 60.0
# With the schedule's default, after some 17 minutes.
INQUIRIES_UNTIL_FLAGGED = 10
# With the schedule's default, for about a month.
MOST_INQUIRIES_OF_SETTLED = 360
_log = structlog.get_logger()


async def investigate(ports: PaymentPorts, change: Change) -> None:
    """Take what rested in storage one step further."""
    if change.attempt.outcome is AttemptOutcome.INTENDED:
        doubt = Doubtful("the gateway was interrupted")
        change = outcome_of(ports, change, doubt, change.attempt.tries)
        await ports.store(change)
        if change.attempt.due_at is None:
            return
    match change.attempt.outcome:
        case AttemptOutcome.DOUBTFUL if BankFeature.LOOK_UP in ports.bank.features:
            await _look_up(ports, change)
        case AttemptOutcome.REVERSING:
            await _reverse(ports, change)
        case AttemptOutcome.SETTLED if BankFeature.LOOK_UP in ports.bank.features:
            await ports.store(_watched(ports, change, await _found(ports, change)))
        case _:
            # Nobody but an operator can tell.
            await ports.store(_untold(change, change.attempt.put_to_rest(ports.clock.now())))


async def _look_up(ports: PaymentPorts, change: Change) -> None:
    """Take over what the bank decided; where it never saw the request, begin the reversal."""
    match await _found(ports, change):
        case Authorized() | Declined() as decision:
            await ports.store(outcome_of(ports, change, decision, change.attempt.tries))
        case NeverSeen() | Reversed() if BankFeature.REVERSE in ports.bank.features:
            tries, now = change.attempt.tries, ports.clock.now()
            change = _untold(change, change.attempt.to_be_reversed(FailureCode.INTERRUPTED, tries, now))
            await ports.store(change)
            await _reverse(ports, change)
        case NeverSeen() | Reversed() | Pending() | NotSent() | NotProcessed() | Doubtful() as finding:
            await ports.store(_in_vain(ports, change, finding))
        case finding:
            assert_never(finding)


async def _reverse(ports: PaymentPorts, change: Change) -> None:
    """Reverse until the bank acknowledges; from the intent on, no approval is taken over."""
    late = await _late_decision(ports, change) if change.attempt.inquiries else None
    if late is not None:
        # By itself, and now: once it is reversed no look-up tells of it any more.
        await ports.store(evolve(change, flag=late, is_told=False))
    answer: Reversal = await ports.bank.perform(
        Reverse(change.attempt.reference), submit_by=ports.clock.monotonic() + WAIT_FOR_SESSION_SECONDS
    )
    now = ports.clock.now()
    match answer:
        case Reversed():
            attempt = change.attempt.ended(AttemptOutcome.REVERSED, change.attempt.tries, now)
            assert attempt.failure is not None, "what is reversed has a failure to end with"
            change = failing(change, attempt.failure, attempt, now)
        case NotReversible():
            attempt = change.attempt.ended(AttemptOutcome.NOT_REVERSIBLE, change.attempt.tries, now)
            late = late or await _late_decision(ports, change)
            detail = f"The bank refused the reversal. {late.detail if late else 'It tells no decision.'}"
            flag = _flag(ports, change, FlagCode.REVERSAL_REFUSED, detail)
            change = evolve(_untold(change, attempt), flag=flag)
        case NotSent() | NotProcessed() | Doubtful():
            change = _in_vain(ports, change, answer)
        case _:
            assert_never(answer)
    await ports.store(change)


async def _late_decision(ports: PaymentPorts, change: Change) -> Flag | None:
    """Look whether the bank approved meanwhile, which is no longer taken over but must be seen."""
    if BankFeature.LOOK_UP not in ports.bank.features:
        return None
    match await _found(ports, change):
        case Authorized(code):
            detail = f"The bank says that it authorized it, with the code {code}."
            return _flag(ports, change, FlagCode.LATE_DECISION, detail)
        case _:
            return None


def _watched(ports: PaymentPorts, change: Change, finding: Finding) -> Change:
    """Judge a look-up after an operator settled it as failed: a charge is flagged, and never applied."""
    attempt, now = change.attempt, ports.clock.now()
    match finding:
        case Authorized(code):
            detail = f"Settled as failed, but the bank authorized it, with the code {code}."
            flag = _flag(ports, change, FlagCode.LATE_DECISION, detail)
            return evolve(_untold(change, attempt.put_to_rest(now)), flag=flag)
        case Declined() | Reversed():
            return _untold(change, attempt.put_to_rest(now))
        case _ if attempt.inquiries >= MOST_INQUIRIES_OF_SETTLED:
            return _untold(change, attempt.put_to_rest(now))
        case _:
            return _untold(change, attempt.asked_in_vain(now, ports.due_after(attempt.inquiries + 1)))


async def _found(ports: PaymentPorts, change: Change) -> Finding:
    submit_by = ports.clock.monotonic() + WAIT_FOR_SESSION_SECONDS
    return await ports.bank.perform(LookUp(change.attempt.reference), submit_by=submit_by)


def _in_vain(ports: PaymentPorts, change: Change, answer: Finding | Reversal) -> Change:
    """Ask again later; past a number of times loudly, for a person, and still again."""
    inquiries = change.attempt.inquiries + 1
    attempt = change.attempt.asked_in_vain(ports.clock.now(), ports.due_after(inquiries))
    flag = None
    if inquiries >= INQUIRIES_UNTIL_FLAGGED:
        reason = type(answer).__name__
        detail = f"{attempt.outcome} and asked about {inquiries} times; the last answer was {reason}."
        flag = _flag(ports, change, FlagCode.STILL_UNKNOWN, detail)
    return evolve(_untold(change, attempt), flag=flag)


def _flag(ports: PaymentPorts, change: Change, code: FlagCode, detail: str) -> Flag:
    _log.error("PaymentFlagged", JobId=change.job.id, Flag=code, Detail=detail)
    return Flag(change.job.id, code, detail, ports.clock.now())


def _untold(change: Change, attempt: Attempt) -> Change:
    """Change what is known of the attempt alone, which is nothing to the merchant."""
    return Change(change.payment, change.job, attempt, is_told=False)
