"""What must hold once every job is terminal: each finding is a sentence. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from tests.torture.clients import Accepted
from tests.torture.evidence import Evidence, StoredPayment
from tests.torture.listeners import Frame
from tests.torture.orders import Order, major

TERMINAL_EVENTS = frozenset({"job.completed", "job.failed"})
# What a sound gateway may end a payment with, when no operator speaks and the bank takes its requests.
FAILURES = frozenset({"Interrupted", "BankUnavailable"})
Name = tuple[str, str]


@frozen
class Case:
    """`begun` is what clients sent, `accepted` what they were told, both by the order's name."""

    begun: Mapping[Name, Order]
    accepted: Mapping[Name, Accepted]
    evidence: Evidence


def findings_of(case: Case) -> Iterator[str]:
    """Tell everything that is wrong."""
    yield from _of_acceptance(case)
    yield from _of_orders(case)
    for merchant_id, frames in case.evidence.streams.items():
        yield from _of_stream(merchant_id, frames, case.evidence.heard[merchant_id])
    yield from _of_events(case)
    yield from _of_money(case)
    yield from _of_reconciliation(case)
    yield from (f"the gateway logged a bug: {line}" for line in case.evidence.bugs)


def _of_acceptance(case: Case) -> Iterator[str]:
    """Every 202 is kept: its job is there, under its key, and terminal."""
    stored = {payment.job_id: payment for payment in case.evidence.payments}
    for name, accepted in case.accepted.items():
        payment = stored.get(accepted.job_id)
        if payment is None:
            yield f"{name} was accepted as {accepted} and is lost"
        elif (payment.name, payment.payment_id) != (name, accepted.payment_id):
            yield f"{name} was accepted as {accepted}, which is {payment}"
    yield from (
        f"{name} never was accepted, however often it was asked"
        for name in case.begun
        if name not in case.accepted
    )


def _of_orders(case: Case) -> Iterator[str]:
    """Each key has one payment, which is what was ordered, and has ended as it may."""
    for name, count in Counter(payment.name for payment in case.evidence.payments).items():
        if count > 1:
            yield f"{name} has {count} payments"
    for payment in case.evidence.payments:
        order = case.begun.get(payment.name)
        ordered = order and (order.amount, order.currency, order.card[-4:])
        if order is None or ordered != (payment.amount, payment.currency, payment.last_four):
            yield f"{payment} is not as ordered: {order}"
        elif not _may_be(payment, order):
            yield f"{payment} may not end like this"


def _may_be(payment: StoredPayment, order: Order) -> bool:
    end = (payment.job_status, payment.captured, payment.decline_code, payment.failure_code)
    match payment.status:
        case "Approved":
            return order.decline_code is None and end == ("Completed", order.amount, None, None)
        case "Declined":
            return order.decline_code is not None and end == ("Completed", 0, order.decline_code, None)
        case "Failed":
            return end in {("Failed", 0, None, code) for code in FAILURES}
        case _:
            return False


def _of_stream(merchant_id: str, frames: Sequence[Frame], heard: Sequence[Frame]) -> Iterator[str]:
    """Numbers are contiguous from 1, and what was told live is what is told ever after."""
    for told, stored in zip(heard, frames, strict=False):
        if told != stored:
            yield f"{merchant_id} was told {told}, and later {stored}"
            break
    if len(heard) != len(frames):
        yield f"{merchant_id} was told of {len(heard)} events while there are {len(frames)}"
    for expected, frame in enumerate(frames, start=1):
        if frame["seq"] != expected:
            yield f"{merchant_id} has event {frame['seq']} where {expected} should be"
            return


def _of_events(case: Case) -> Iterator[str]:
    """A job begins once and ends once, last, and as it is stored."""
    by_job: dict[str, list[Frame]] = defaultdict(list)
    for frames in case.evidence.streams.values():
        for frame in frames:
            by_job[frame["job"]["jobId"]].append(frame)
    for payment in case.evidence.payments:
        frames = by_job.pop(payment.job_id, [])
        types = [frame["type"] for frame in frames]
        ends = [kind for kind in types if kind in TERMINAL_EVENTS]
        if types.count("job.created") != 1 or types[0] != "job.created":
            yield f"{payment.job_id} does not begin once: {types}"
        if len(ends) != 1 or types[-1] != ends[0]:
            yield f"{payment.job_id} does not end once: {types}"
        elif not _tells(frames[-1]["job"], payment):
            yield f"{payment} is told as {frames[-1]}"
    yield from (f"{job_id} has events and is not stored" for job_id in by_job)


def _tells(job: Mapping[str, Any], payment: StoredPayment) -> bool:
    amount = Decimal(str(job["amount"]))
    told = (job["paymentId"], job["status"], job["paymentStatus"], amount, job.get("error", {}).get("code"))
    stored = (payment.payment_id, payment.job_status, payment.status)
    return told == (*stored, major(payment.amount, payment.currency), payment.failure_code)


def _of_money(case: Case) -> Iterator[str]:
    """Approved means charged once, all else means nothing charged, and nothing was ever booked twice.

    Bookings are told apart by their amounts, which the gateway cannot know to be unique.
    """
    by_money: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for booking in case.evidence.bookings:
        by_money[booking["currency"], booking["amount"]].append(booking)
    known = {payment.reference: payment for payment in case.evidence.payments}
    for booking in case.evidence.bookings:
        payment = known.get(booking["reference"])
        if payment is None:
            yield f"the gateway does not know of {booking}"
        elif (booking["last_four"], booking["amount"]) != (payment.last_four, payment.amount):
            yield f"{payment} was booked as {booking}"
    for payment in case.evidence.payments:
        booked = by_money[payment.currency, payment.amount]
        if len(booked) > 1:
            yield f"{payment} was booked {len(booked)} times: {booked}"
        charged = sum(booking["net_amount"] for booking in booked)
        if charged != (payment.amount if payment.status == "Approved" else 0):
            yield f"{payment} is charged {charged}: {booked}"
        if payment.status == "Declined" and not any(booking["decline_code"] for booking in booked):
            yield f"{payment} was declined by nobody"


def _of_reconciliation(case: Case) -> Iterator[str]:
    """`pgw reconcile` finds no difference and the same sums as were counted here."""
    evidence = case.evidence
    if evidence.reconcile_status != 0:
        yield f"pgw reconcile ended with {evidence.reconcile_status}: {evidence.reconciled[:10]}"
    charged = charged_of(evidence.payments)
    totals = {line["currency"]: line for line in evidence.reconciled if line["kind"] == "total"}
    for currency in charged.keys() | totals.keys():
        total = totals.get(currency, {"books": {}, "bank": {}})
        said = [Decimal(str(total[side].get("charged", 0))) for side in ("books", "bank")]
        if said != [major(charged[currency], currency)] * 2:
            yield f"pgw reconcile says {total}, but {charged[currency]} minor units were approved"


def charged_of(payments: Sequence[StoredPayment]) -> Counter[str]:
    """Sum what is approved by currency, in minor units."""
    charged: Counter[str] = Counter()
    for payment in payments:
        if payment.status == "Approved":
            charged[payment.currency] += payment.amount
    return charged
