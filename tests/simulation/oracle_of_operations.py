"""What must be true of captures, voids and refunds after a seed, by the books and by the bank."""

from collections import Counter
from collections.abc import Iterator, Sequence

from pgw.domain.job import JobStatus, JobType
from pgw.domain.payment import PaymentStatus, VoidReason
from tests.simulation.bank_ledger import Kind, most_at_once, standing
from tests.simulation.books import Booked, BookedPayment
from tests.simulation.evidence import AUTHORIZED, Evidence

KINDS = {JobType.CAPTURE: Kind.CAPTURE, JobType.VOID: Kind.VOID, JobType.REFUND: Kind.REFUND}


def violations_of_operations(evidence: Evidence) -> Iterator[str]:
    """Yield what was promised of operations and does not hold."""
    yield from _conduct(evidence)
    yield from _jobs(evidence)
    yield from _unwanted(evidence)
    for job in evidence.books.operations:
        yield from _effect(evidence, job)
    for payment in evidence.books.payments.values():
        yield from _sums_at_the_bank(evidence, payment)
        yield from _times(evidence, payment)


def _conduct(evidence: Evidence) -> Iterator[str]:
    """What the bank should never have been sent, but for what follows from an operator's word."""
    settled = [one for one in evidence.books.jobs if one.job_id in evidence.settled]
    payments = evidence.books.payments
    excused = {payments[one.payment_id].authorization_reference for one in settled}
    for seen in evidence.misconduct:
        if seen.payment_reference not in excused:
            yield f"conduct: the bank was sent {seen.text}"


def _jobs(evidence: Evidence) -> Iterator[str]:
    """Each instruction is at most one job, and just that one as which it was accepted."""
    count = Counter(one.request_id for one in evidence.books.operations)
    stored = {one.job_id: one for one in evidence.books.jobs}
    for instruction in evidence.instructions:
        if count[instruction.request_id] > 1:
            yield f"double: {instruction} is {count[instruction.request_id]} jobs"
        if count[instruction.request_id] and not instruction.may_have_been_accepted:
            yield f"wrong: {instruction} was refused, and is there"
        for accepted in instruction.accepted:
            job = stored.get(accepted.job_id)
            says = job and (job.request_id, job.payment_id, job.merchant_id)
            if job and says != (instruction.request_id, instruction.payment_id, instruction.merchant_id):
                yield f"wrong: {instruction} was accepted as {job.job_id}, which is another one's"


def _unwanted(evidence: Evidence) -> Iterator[str]:
    """What no merchant asked for is the void of an authorization that has expired."""
    wanted = {one.request_id for one in evidence.instructions}
    for job in evidence.books.operations:
        if (job.void_reason == VoidReason.EXPIRED) == (job.request_id in wanted):
            yield f"wrong: {job.job_id} ({job.type}, {job.void_reason}) was not asked for as it is"


def _effect(evidence: Evidence, job: Booked) -> Iterator[str]:
    """Completed if and only if it took effect under its own reference, once; and never twice."""
    payment = evidence.books.payments[job.payment_id]
    decisions = evidence.ledger.operations_of(job.reference)
    kind, on = KINDS[JobType(job.type)], payment.authorization_reference
    amount = 0 if kind is Kind.VOID else job.amount
    for one in decisions:
        taken_for = one.kind, one.payment_reference, one.amount, one.is_final
        if taken_for != (kind, on, amount, job.is_final):
            yield f"wrong: the bank took {job.job_id} for {taken_for}"
    if most_at_once(decisions) > 1:
        yield f"double: {job.job_id} took effect {most_at_once(decisions)} times at one instant"
    expected = 1 if job.job_status == JobStatus.COMPLETED else 0
    if standing(decisions) != expected and not (evidence.is_excused(job) or _was_voided(evidence, job)):
        what = f"{job.job_id} ({job.type}) is {job.job_status}, {job.failure}"
        yield f"wrong: {what}, and took effect {standing(decisions)} times"


def _was_voided(evidence: Evidence, job: Booked) -> bool:
    """Tell whether a void found voided what was so by one that an operator said had failed."""
    excused = _excused(evidence, job.payment_id, JobType.VOID)
    return job.type == JobType.VOID and job.job_status == JobStatus.COMPLETED and bool(excused)


def _sums_at_the_bank(evidence: Evidence, payment: BookedPayment) -> Iterator[str]:
    """The books equal the bank's sums to the cent, and those were sound at every instant."""
    what, account = (
        f"{payment.payment_id} ({payment.status})",
        evidence.ledger.account(payment.authorization_reference),
    )
    for then in account.over_time():
        if not then.is_sound:
            yield f"double: {what} had {then.refunded} refunded of {then.captured} of {then.authorized}"
    if payment.status not in AUTHORIZED:
        return
    for name, says, at_the_bank, kind in (
        ("captured", payment.captured, account.captured, JobType.CAPTURE),
        ("refunded", payment.refunded, account.refunded, JobType.REFUND),
    ):
        excused = _excused(evidence, payment.payment_id, kind)
        against = sum(one.amount for one in excused if standing(evidence.ledger.operations_of(one.reference)))
        if says != at_the_bank - against:
            yield f"wrong: {what} has {name} {says}, and {at_the_bank} at the bank ({against} excused)"
    is_voided = payment.status == PaymentStatus.VOIDED
    if is_voided != account.is_voided and not _excused(evidence, payment.payment_id, JobType.VOID):
        yield f"wrong: {what}, and voided at the bank: {account.is_voided}"


def _excused(evidence: Evidence, payment_id: str, kind: JobType) -> Sequence[Booked]:
    on = [one for one in evidence.books.operations if (one.payment_id, one.type) == (payment_id, kind)]
    return [one for one in on if evidence.is_excused(one)]


def _times(evidence: Evidence, payment: BookedPayment) -> Iterator[str]:
    """A payment changed last when one of its jobs did, and that was the last of their changes."""
    on = [one for one in evidence.books.jobs if one.payment_id == payment.payment_id]
    changes = [time for one in on for time in (one.created_at, one.updated_at)]
    is_one, is_last = payment.updated_at in changes, payment.updated_at == max(changes)
    if not is_one or not (is_last or evidence.jumps):
        yield f"times: {payment.payment_id} changed at {payment.updated_at}, and its jobs at {changes}"
    if not evidence.jumps and any(one.updated_at < one.created_at for one in on):
        yield f"times: a job of {payment.payment_id} changed before it was created"
