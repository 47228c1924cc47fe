"""What must be true of payments after a seed, by the books, the bank's ledger, and what clients were told."""

from collections import Counter
from collections.abc import Iterator, Sequence

from attrs import frozen

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.flag import FlagCode
from pgw.domain.payment import PaymentStatus
from tests.simulation.bank_ledger import Booking, Ledger, most_at_once, standing
from tests.simulation.books import Booked, Books
from tests.simulation.clients import Order


@frozen
class Evidence:
    """`settled` are the jobs that an operator settled.

    `late` are the references of which a life saw a late approval, and had the time to tell.
    """

    books: Books
    ledger: Ledger
    orders: Sequence[Order]
    settled: frozenset[str]
    late: frozenset[str]


def violations(evidence: Evidence) -> Iterator[str]:
    """Yield what was promised and does not hold, each as a sentence."""
    yield from _lost(evidence)
    yield from _charges(evidence)
    yield from _unknown_to_the_books(evidence)
    yield from _flags(evidence)


def violations_at_start(books: Books, ledger: Ledger, orders: Sequence[Order]) -> Iterator[str]:
    """Yield what is wrong with what a life finds, while anything may still be on its way."""
    evidence = Evidence(books, ledger, orders, frozenset(), frozenset())
    stored = {one.job_id for one in books.payments}
    for order in orders:
        for job_id in order.job_ids:
            if job_id not in stored:
                yield f"lost: the order of {order.amount} was accepted as {job_id}, which is not there"
    yield from _unknown_to_the_books(evidence)


def _lost(evidence: Evidence) -> Iterator[str]:
    """Every 202 is present and terminal, and every key is one payment."""
    stored = {one.job_id: one for one in evidence.books.payments}
    by_amount = Counter(one.amount for one in evidence.books.payments)
    for order in evidence.orders:
        what = f"the order of {order.amount}"
        if len(order.job_ids) > 1:
            yield f"double: {what} was accepted as {len(order.job_ids)} jobs under one key"
        for job_id in order.job_ids:
            if job_id not in stored:
                yield f"lost: {what} was accepted as {job_id}, which is not there"
            elif stored[job_id].amount != order.amount or stored[job_id].merchant_id != order.merchant_id:
                yield f"wrong: {what} was accepted as {job_id}, which is another one's"
        if by_amount[order.amount] > 1:
            yield f"double: {what} is {by_amount[order.amount]} payments"
        if by_amount[order.amount] and not order.may_have_been_accepted:
            yield f"wrong: {what} was refused, and is there"
    for job_id in evidence.books.open_jobs:
        yield f"stuck: {job_id} is still open ({stored[job_id].status}, {stored[job_id].outcome})"


def _charges(evidence: Evidence) -> Iterator[str]:
    """Approved if and only if charged once; and never charged twice, not even for a moment."""
    by_amount: dict[int, list[Booking]] = {}
    for booking in evidence.ledger.bookings:
        by_amount.setdefault(booking.amount, []).append(booking)
    for amount, bookings in by_amount.items():
        if most_at_once(bookings) > 1:
            yield f"double: {amount} was charged {most_at_once(bookings)} times at one instant"
    for payment in evidence.books.payments:
        bookings = by_amount.get(payment.amount, [])
        charges = standing(bookings)
        expected = 1 if payment.status == PaymentStatus.APPROVED else 0
        elsewhere = [one.reference for one in bookings if one.stands and one.reference != payment.reference]
        if elsewhere:
            yield f"wrong: {payment.job_id} is charged under another reference"
        if charges != expected and not _is_excused(evidence, payment):
            yield f"wrong: {payment.job_id} is {payment.status}, and charged {charges} times"


def _is_excused(evidence: Evidence, payment: Booked) -> bool:
    """Tell whether an operator said that it failed before it was charged, and was told so."""
    return (
        payment.job_id in evidence.settled
        and payment.outcome == AttemptOutcome.SETTLED
        and payment.status != PaymentStatus.APPROVED
        and FlagCode.LATE_DECISION in payment.flags
    )


def _unknown_to_the_books(evidence: Evidence) -> Iterator[str]:
    known = evidence.books.references
    for reference in evidence.ledger.arrivals:
        if reference not in known:
            yield f"unknown: the bank was sent {reference}, and the books do not know it"


def _flags(evidence: Evidence) -> Iterator[str]:
    authorized = {one.reference for one in evidence.ledger.bookings if one.is_authorized}
    for payment in evidence.books.payments:
        is_refused = payment.outcome == AttemptOutcome.NOT_REVERSIBLE
        if is_refused and FlagCode.REVERSAL_REFUSED not in payment.flags:
            yield f"flags: the reversal of {payment.job_id} was refused, and nobody is told"
        if FlagCode.LATE_DECISION in payment.flags and payment.reference not in authorized:
            yield f"flags: {payment.job_id} is flagged for an approval that never was"
        if payment.reference in evidence.late and FlagCode.LATE_DECISION not in payment.flags:
            yield f"flags: a late approval of {payment.job_id} was seen, and nobody is told"
