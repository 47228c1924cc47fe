"""What must hold once every job is terminal: each finding is a sentence. Pure."""

from collections import Counter
from collections.abc import Iterator

from tests.torture.books import by_payment, money_by_jobs, status_by_jobs
from tests.torture.case import Case
from tests.torture.operations import DECLINE_CODE, Operation
from tests.torture.oracle_of_answers import findings_of_answers
from tests.torture.oracle_of_events import findings_of_events
from tests.torture.oracle_of_money import findings_of_money
from tests.torture.orders import Order
from tests.torture.stored import StoredOperation, StoredPayment

# What a sound gateway may end with, when no operator speaks and the bank takes its requests.
FAILURES = frozenset({"Interrupted", "BankUnavailable"})
FAILURES_OF_VOIDS = frozenset({"BankUnavailable"})
DECLINED_AS = {"capture": "CaptureDeclined", "void": "VoidDeclined", "refund": "RefundDeclined"}


def findings_of(case: Case) -> Iterator[str]:
    """Tell everything that is wrong."""
    yield from _of_acceptance(case)
    yield from _of_keys(case)
    yield from _of_orders(case)
    yield from _of_operations(case)
    yield from _of_payments(case)
    yield from findings_of_answers(case)
    yield from findings_of_events(case)
    yield from findings_of_money(case)
    yield from (f"the gateway logged a bug: {line}" for line in case.evidence.bugs)


def _of_acceptance(case: Case) -> Iterator[str]:
    """Every 202 is kept: its job is there, under its key, and terminal; of what was refused nothing is."""
    stored = {one.job_id: one for one in case.stored()}
    for name, accepted in case.accepted.items():
        one = stored.get(accepted.job_id)
        if one is None:
            yield f"{name} was accepted as {accepted} and is lost"
        elif (one.name, one.payment_id) != (name, accepted.payment_id):
            yield f"{name} was accepted as {accepted}, which is {one}"
        elif one.job_status not in {"Completed", "Failed"}:
            yield f"{name} was accepted and never ended: {one}"
    yield from (
        f"{name} never was accepted, however often it was asked"
        for name in case.begun
        if name not in case.accepted
    )
    yield from (f"{one} was refused, and is kept" for one in stored.values() if one.name in case.refused)


def _of_keys(case: Case) -> Iterator[str]:
    """Each key has one payment or one operation."""
    for name, count in Counter(one.name for one in case.stored()).items():
        if count > 1:
            yield f"{name} has {count} jobs"


def _of_orders(case: Case) -> Iterator[str]:
    """A payment is what was ordered, and what paid it has ended as it may."""
    for payment in case.evidence.payments:
        order = case.begun.get(payment.name)
        ordered = order and (order.amount, order.currency, order.card[-4:], order.capture)
        stored = (payment.amount, payment.currency, payment.last_four, bool(payment.capture))
        if order is None or ordered != stored:
            yield f"{payment} is not as ordered: {order}"
        elif not _may_be_paid(payment, order):
            yield f"{payment} may not end like this"


def _may_be_paid(payment: StoredPayment, order: Order) -> bool:
    end = (payment.job_status, payment.decline_code, payment.failure_code)
    match payment.told_status:
        case "Approved" | "Authorized":
            is_due = order.capture == (payment.told_status == "Approved")
            return is_due and order.decline_code is None and end == ("Completed", None, None)
        case "Declined":
            return order.decline_code is not None and end == ("Completed", order.decline_code, None)
        case "Failed":
            return end in {("Failed", None, code) for code in FAILURES}
        case _:
            return False


def _of_operations(case: Case) -> Iterator[str]:
    """An operation is what was asked for, and has ended as it may."""
    for stored in case.evidence.operations:
        asked = case.operations.get(stored.name)
        if asked is None or not _is_as_asked(stored, asked):
            yield f"{stored} is not as asked for: {asked}"
        elif not _may_be_done(stored, asked):
            yield f"{stored} may not end like this: {asked}"


def _is_as_asked(stored: StoredOperation, asked: Operation) -> bool:
    amount = stored.amount if asked.amount is None else asked.amount
    wanted = (asked.kind, asked.payment_id, amount, asked.order.currency, asked.is_final)
    kept = (stored.kind, stored.payment_id, stored.amount, stored.currency, bool(stored.is_final))
    return wanted == kept


def _may_be_done(stored: StoredOperation, asked: Operation) -> bool:
    failure = (stored.failure_code, stored.decline_code)
    if stored.job_status == "Completed":
        return not asked.is_declined and failure == (None, None)
    if failure == (DECLINED_AS[stored.kind], DECLINE_CODE):
        return asked.is_declined
    failures = FAILURES_OF_VOIDS if stored.kind == "void" else FAILURES
    return failure in {(code, None) for code in failures}


def _of_payments(case: Case) -> Iterator[str]:
    """A payment is what its jobs have made of it, and nothing of it is set aside any more."""
    of_payment = by_payment(case.evidence.operations)
    for payment in case.evidence.payments:
        operations = of_payment.get(payment.payment_id, ())
        if payment.reserved:
            yield f"{payment} still has something reserved"
        money, status = money_by_jobs(payment, operations), status_by_jobs(payment, operations)
        if (payment.status, payment.captured, payment.refunded) != (status, money.captured, money.refunded):
            yield f"{payment} should be {status} with {money}, by its jobs: {operations}"
