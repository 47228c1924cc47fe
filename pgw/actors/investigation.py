"""What becomes of an unknown outcome, one step at a time: looked up, else reversed until acknowledged.

"Never seen" is no proof that the request will not arrive, so it is reversed before its job fails. A void
alone is never reversed, but repeated. Between two steps nothing is in memory: what is known, and when to ask
again, rests in storage.
"""

from typing import assert_never

import structlog
from attrs import evolve

from pgw.actors import happenings
from pgw.actors.inquiry import Inquiry, found, repeated, reversed_
from pgw.actors.outcome import failing, outcome_of
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.port import (
    Accepted,
    Answer,
    Authorized,
    BankFeature,
    Declined,
    Doubtful,
    NeverSeen,
    NotProcessed,
    NotReversible,
    NotSent,
    Pending,
    Rejected,
    Reversed,
)
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.flag import Flag, FlagCode
from pgw.domain.job import JobType
from pgw.domain.timeline import TimelineEntry
from pgw.storage.port import Change

# With the schedule's default, after some 17 minutes.
INQUIRIES_UNTIL_FLAGGED = 10
# With the schedule's default, for about a month.
MOST_INQUIRIES_OF_SETTLED = 360
_log = structlog.get_logger()


async def investigate(ports: PaymentPorts, change: Change) -> None:
    """Take what rested in storage one step further."""
    if change.attempt.outcome is AttemptOutcome.INTENDED:
        doubt = Doubtful("the gateway was interrupted")
        change = await ports.conclude(
            change, lambda stored: outcome_of(ports, stored, doubt, stored.attempt.tries)
        )
        if change.attempt.due_at is None:
            return
    match change.attempt.outcome:
        case AttemptOutcome.DOUBTFUL if change.job.type is JobType.VOID:
            await _repeat(ports, change)
        case AttemptOutcome.DOUBTFUL if BankFeature.LOOK_UP in ports.bank.features:
            await _look_up(ports, change)
        case AttemptOutcome.REVERSING:
            await _reverse(ports, change)
        case AttemptOutcome.SETTLED if BankFeature.LOOK_UP in ports.bank.features:
            await _watch(ports, change)
        case _:
            # Nobody but an operator can tell.
            await ports.store(_untold(change, change.attempt.put_to_rest(ports.clock.now())))


async def _look_up(ports: PaymentPorts, change: Change) -> None:
    """Take over what the bank decided; where it never saw the request, begin the reversal."""
    inquiry = await found(ports, change)
    match inquiry.answer:
        case Authorized() | Accepted() | Declined() as decision:
            await ports.conclude(
                change,
                lambda stored: outcome_of(ports, stored, decision, stored.attempt.tries).telling(
                    inquiry.entry
                ),
            )
        case NeverSeen() | Reversed() if BankFeature.REVERSE in ports.bank.features:
            tries, now = change.attempt.tries, ports.clock.now()
            change = _untold(change, change.attempt.to_be_reversed(FailureCode.INTERRUPTED, tries, now))
            intended = happenings.reversal_intended(change.attempt)
            await ports.store(change.telling(inquiry.entry, intended))
            await _reverse(ports, change)
        case NeverSeen() | Reversed() | Pending() | NotSent() | NotProcessed() | Doubtful():
            await ports.store(_in_vain(ports, change, inquiry))
        case finding:
            assert_never(finding)


async def _repeat(ports: PaymentPorts, change: Change) -> None:
    """Ask for the void again, under the same reference, until the bank says yes or no."""
    inquiry = await repeated(ports, change)
    match inquiry.answer:
        case Accepted() | Declined() as decision:
            tries = change.attempt.tries + 1
            await ports.conclude(
                change,
                lambda stored: outcome_of(ports, stored, decision, tries).telling(inquiry.entry),
            )
        case Rejected() | NotSent() | NotProcessed() | Doubtful():
            # Malformed all of a sudden says nothing of the try before.
            await ports.store(_in_vain(ports, change, inquiry))
        case answer:
            assert_never(answer)


async def _reverse(ports: PaymentPorts, change: Change) -> None:
    """Reverse until the bank acknowledges; from the intent on, no approval is taken over."""
    late, looked = await _late_decision(ports, change) if change.attempt.inquiries else (None, ())
    if late is not None:
        # By itself, and now: once it is reversed no look-up tells of it any more.
        entries, looked = (*looked, happenings.flagged(late)), ()
        await ports.store(evolve(_untold(change, change.attempt), flag=late, entries=entries))
    inquiry = await reversed_(ports, change)
    now = ports.clock.now()
    match inquiry.answer:
        case Reversed():

            def judge(stored: Change) -> Change:
                # Looked at in the payment's turn: another job may have changed it since the bank answered.
                at = ports.clock.now()
                attempt = stored.attempt.ended(AttemptOutcome.REVERSED, stored.attempt.tries, at)
                assert attempt.failure is not None, "what is reversed has a failure to end with"
                return failing(stored, attempt.failure, attempt, at).telling(*looked, inquiry.entry)

            await ports.conclude(change, judge)
        case NotReversible():
            attempt = change.attempt.ended(AttemptOutcome.NOT_REVERSIBLE, change.attempt.tries, now)
            again: tuple[TimelineEntry, ...] = ()
            if late is None:
                late, again = await _late_decision(ports, change)
            detail = f"The bank refused the reversal. {late.detail if late else 'It tells no decision.'}"
            flag = _flag(ports, change, FlagCode.REVERSAL_REFUSED, detail)
            entries = (*looked, inquiry.entry, *again, happenings.flagged(flag))
            await ports.store(evolve(_untold(change, attempt), flag=flag, entries=entries))
        case NotSent() | NotProcessed() | Doubtful():
            await ports.store(_in_vain(ports, change, inquiry).telling(*looked))
        case answer:
            assert_never(answer)


async def _late_decision(
    ports: PaymentPorts, change: Change
) -> tuple[Flag | None, tuple[TimelineEntry, ...]]:
    """Look whether the bank approved meanwhile, which is no longer taken over but must be seen."""
    if BankFeature.LOOK_UP not in ports.bank.features:
        return None, ()
    inquiry = await found(ports, change)
    match inquiry.answer:
        case Authorized() | Accepted() as yes:
            detail = f"The bank says that it {_says(yes, change)}."
            return _flag(ports, change, FlagCode.LATE_DECISION, detail), (inquiry.entry,)
        case _:
            return None, (inquiry.entry,)


def _says(yes: Authorized | Accepted, change: Change) -> str:
    if isinstance(yes, Authorized):
        return f"authorized it, with the code {yes.authorization_code}"
    return f"accepted the {change.job.type}"


async def _watch(ports: PaymentPorts, change: Change) -> None:
    """Look up what an operator settled as failed: what the bank did is flagged, and never applied."""
    inquiry = await found(ports, change)
    attempt, now = change.attempt, ports.clock.now()
    watched = _untold(change, attempt.put_to_rest(now))
    match inquiry.answer:
        case Authorized() | Accepted() as yes:
            detail = f"Settled as failed, but the bank {_says(yes, change)}."
            flag = _flag(ports, change, FlagCode.LATE_DECISION, detail)
            watched = evolve(watched, flag=flag, entries=(happenings.flagged(flag),))
        case Declined() | Reversed():
            pass
        case _ if attempt.inquiries < MOST_INQUIRIES_OF_SETTLED:
            due_at = ports.due_after(attempt.inquiries + 1)
            watched = _untold(change, attempt.asked_in_vain(now, due_at))
    await ports.store(watched.telling(inquiry.entry))


def _in_vain(ports: PaymentPorts, change: Change, inquiry: Inquiry[Answer]) -> Change:
    """Ask again later; past a number of times loudly, for a person, and still again."""
    inquiries = change.attempt.inquiries + 1
    attempt = change.attempt.asked_in_vain(ports.clock.now(), ports.due_after(inquiries))
    in_vain = _untold(change, attempt).telling(inquiry.entry)
    if inquiries < INQUIRIES_UNTIL_FLAGGED:
        return in_vain
    reason = type(inquiry.answer).__name__
    detail = f"{attempt.outcome} and asked about {inquiries} times; the last answer was {reason}."
    flag = _flag(ports, change, FlagCode.STILL_UNKNOWN, detail)
    # It is raised once, and told once.
    told = (happenings.flagged(flag),) if inquiries == INQUIRIES_UNTIL_FLAGGED else ()
    return evolve(in_vain, flag=flag, entries=(*in_vain.entries, *told))


def _flag(ports: PaymentPorts, change: Change, code: FlagCode, detail: str) -> Flag:
    _log.error("PaymentFlagged", JobId=change.job.id, Flag=code, Detail=detail)
    return Flag(change.job.id, code, detail, ports.clock.now())


def _untold(change: Change, attempt: Attempt) -> Change:
    """Change what is known of the attempt alone, which is nothing to the merchant."""
    return Change(change.payment, change.job, attempt, is_told=False)
