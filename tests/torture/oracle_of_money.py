"""The gateway's books, what it answers of them, and the bank's ledger agree to the cent. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.torture.books import (
    Booking,
    Money,
    by_payment,
    money_at_the_bank,
    money_by_jobs,
    stands,
    totals_of,
)
from tests.torture.case import Case
from tests.torture.orders import major
from tests.torture.stored import StoredOperation, StoredPayment


def findings_of_money(case: Case) -> Iterator[str]:
    """Tell where money is not as it should be."""
    yield from _of_references(case)
    yield from _of_payments(case)
    yield from _of_reconciliation(case)


def _of_references(case: Case) -> Iterator[str]:
    """What is completed stands at the bank once, and nothing else does."""
    by_reference: dict[str, list[Booking]] = defaultdict(list)
    for booking in case.evidence.bookings:
        by_reference[booking["reference"]].append(booking)
    payments = {payment.payment_id: payment for payment in case.evidence.payments}
    for one in case.stored():
        payment = payments.get(one.payment_id)
        yield from _of_reference(one, payment, by_reference.pop(one.reference, []))
    yield from (
        f"the bank booked what the gateway does not know of: {booked}" for booked in by_reference.values()
    )


def _of_reference(
    one: StoredPayment | StoredOperation, payment: StoredPayment | None, booked: Sequence[Booking]
) -> Iterator[str]:
    for booking in booked:
        if not _is_booked_as(booking, one, payment):
            yield f"{one} was booked as {booking}"
    # A void is repeated until it is answered, which a bank that books each repeat declines.
    if len(booked) > 1 and one.kind != "void":
        yield f"{one} was booked {len(booked)} times: {booked}"
    if (standing := sum(map(stands, booked))) != one.is_effective:
        yield f"{one} stands {standing} times at the bank: {booked}"
    is_declined = one.decline_code is not None
    if is_declined and not any(booking["decline_code"] == one.decline_code for booking in booked):
        yield f"{one} was declined by nobody"


def _is_booked_as(
    booking: Booking, one: StoredPayment | StoredOperation, payment: StoredPayment | None
) -> bool:
    booked = (booking["kind"], booking["currency"], booking["amount"])
    if isinstance(one, StoredPayment):
        return (*booked, booking["last_four"]) == ("payment", one.currency, one.amount, one.last_four)
    of = payment and payment.reference
    if one.kind == "void" and not booking["accepted"]:
        booked = (*booked[:2], one.amount)  # of a declined one it is what was held by then
    return (*booked, booking["payment_reference"]) == (one.kind, one.currency, one.amount, of)


def _of_payments(case: Case) -> Iterator[str]:
    """What is answered of each payment is what the bank has captured and refunded, and it holds the rest."""
    of_payment = by_payment(case.evidence.operations)
    bookings: dict[str, list[Booking]] = defaultdict(list)
    for booking in case.evidence.bookings:
        is_payment = booking["kind"] == "payment"
        bookings[booking["reference" if is_payment else "payment_reference"]].append(booking)
    for payment in case.evidence.payments:
        booked = bookings[payment.reference]
        at_the_bank = money_at_the_bank(booked)
        by_jobs = money_by_jobs(payment, of_payment.get(payment.payment_id, ()))
        if at_the_bank != by_jobs:
            yield f"{payment} comes to {by_jobs}, and at the bank to {at_the_bank}: {booked}"
        document = case.evidence.fetched.get(payment.payment_id)
        if document and (document["captured"], document["refunded"]) != _shown(at_the_bank, payment):
            yield f"{payment} is answered as {document}, and the bank has {at_the_bank}"


def _shown(money: Money, payment: StoredPayment) -> tuple[Decimal, Decimal]:
    return major(money.captured, payment.currency), major(money.refunded, payment.currency)


def _of_reconciliation(case: Case) -> Iterator[str]:
    """`pgw reconcile` finds no difference and the same sums as were counted here."""
    evidence = case.evidence
    if evidence.reconcile_status != 0:
        yield f"pgw reconcile ended with {evidence.reconcile_status}: {evidence.reconciled[:10]}"
    expected = totals_of(evidence.payments, evidence.operations)
    totals = {line["currency"]: line for line in evidence.reconciled if line["kind"] == "total"}
    for currency in expected.keys() | totals.keys():
        money = expected.get(currency, Money(0, 0, 0))
        wanted = {
            "charged": major(money.captured - money.refunded, currency),
            "held": major(money.held, currency),
        }
        total = totals.get(currency, {"books": {}, "bank": {}})
        if [wanted, wanted] != [_summed(total[side]) for side in ("books", "bank")]:
            yield f"pgw reconcile says {total}, but {wanted} was counted"


def _summed(side: Mapping[str, Any]) -> Mapping[str, Decimal]:
    return {kind: Decimal(str(side.get(kind, 0))) for kind in ("charged", "held")}
