"""What must be true of payments after a seed, by the books, the bank's ledger, and what clients were told."""

from collections import Counter
from collections.abc import Iterator

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.flag import FlagCode
from tests.simulation.bank_ledger import Booking, most_at_once, standing
from tests.simulation.evidence import Evidence, has_succeeded
from tests.simulation.oracle_of_operations import violations_of_operations
from tests.simulation.oracle_of_sums import violations_of_sums


def violations(evidence: Evidence) -> Iterator[str]:
    """Yield what was promised and does not hold, each as a sentence."""
    yield from _lost(evidence)
    yield from _orders(evidence)
    yield from _charges(evidence)
    yield from _unknown_to_the_books(evidence)
    yield from _flags(evidence)
    yield from violations_of_sums(evidence.books)
    yield from violations_of_operations(evidence)


def violations_at_start(evidence: Evidence) -> Iterator[str]:
    """Yield what is wrong with what a life finds, while anything may still be on its way."""
    yield from _missing(evidence)
    yield from _unknown_to_the_books(evidence)
    yield from violations_of_sums(evidence.books)


def _lost(evidence: Evidence) -> Iterator[str]:
    """Every 202 is present and terminal, and every key is one job."""
    stored = {one.job_id: one for one in evidence.books.jobs}
    for wanted in evidence.wanted:
        if len(wanted.job_ids) > 1:
            yield f"double: {wanted} was accepted as {len(wanted.job_ids)} jobs under one key"
    yield from _missing(evidence)
    for job_id in evidence.books.open_jobs:
        job = stored[job_id]
        yield f"stuck: {job_id} ({job.type}) is still open ({job.status}, {job.outcome})"


def _missing(evidence: Evidence) -> Iterator[str]:
    stored = {one.job_id for one in evidence.books.jobs}
    for wanted in evidence.wanted:
        for job_id in wanted.job_ids:
            if job_id not in stored:
                yield f"lost: {wanted} was accepted as {job_id}, which is not there"


def _orders(evidence: Evidence) -> Iterator[str]:
    """Each order is at most one payment, and just that one as which it was accepted."""
    stored = {one.job_id: one for one in evidence.books.jobs}
    by_amount = Counter(one.amount for one in evidence.books.jobs_of_payments)
    for order in evidence.orders:
        for job_id in order.job_ids:
            job = stored.get(job_id)
            if job and (job.amount, job.merchant_id) != (order.amount, order.merchant_id):
                yield f"wrong: {order} was accepted as {job_id}, which is another one's"
        if by_amount[order.amount] > 1:
            yield f"double: {order} is {by_amount[order.amount]} payments"
        if by_amount[order.amount] and not order.may_have_been_accepted:
            yield f"wrong: {order} was refused, and is there"


def _charges(evidence: Evidence) -> Iterator[str]:
    """Authorized if and only if the bank did so once; and never twice, not even for a moment."""
    by_amount: dict[int, list[Booking]] = {}
    for booking in evidence.ledger.bookings:
        by_amount.setdefault(booking.amount, []).append(booking)
    for amount, bookings in by_amount.items():
        if most_at_once(bookings) > 1:
            yield f"double: {amount} was charged {most_at_once(bookings)} times at one instant"
    for job in evidence.books.jobs_of_payments:
        bookings = by_amount.get(job.amount, [])
        charges = standing(bookings)
        expected = 1 if has_succeeded(job) else 0
        elsewhere = [one.reference for one in bookings if one.stands and one.reference != job.reference]
        if elsewhere:
            yield f"wrong: {job.job_id} is charged under another reference"
        if charges != expected and not evidence.is_excused(job):
            yield f"wrong: {job.job_id} is {job.status}, and charged {charges} times"


def _unknown_to_the_books(evidence: Evidence) -> Iterator[str]:
    known = evidence.books.references
    for reference in evidence.ledger.arrivals:
        if reference not in known:
            yield f"unknown: the bank was sent {reference}, and the books do not know it"


def _flags(evidence: Evidence) -> Iterator[str]:
    for job in evidence.books.jobs:
        is_refused = job.outcome == AttemptOutcome.NOT_REVERSIBLE
        if is_refused and FlagCode.REVERSAL_REFUSED not in job.flags:
            yield f"flags: the reversal of {job.job_id} was refused, and nobody is told"
        was_approved = any(one.is_yes for one in evidence.ledger.decisions(job.reference))
        if FlagCode.LATE_DECISION in job.flags and not was_approved:
            yield f"flags: {job.job_id} is flagged for an approval that never was"
        if job.reference in evidence.late and FlagCode.LATE_DECISION not in job.flags:
            yield f"flags: a late approval of {job.job_id} was seen, and nobody is told"
