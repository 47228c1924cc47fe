from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import attrs
import pytest

from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentOrder, PaymentStatus

AT = datetime(2026, 6, 15, tzinfo=UTC)
LATER = AT + timedelta(seconds=15)
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))
ORDER = PaymentOrder(Money(1050, Currency("EUR", 2)), CARD, description="Order 17", metadata={"a": "b"})
ORDERED = Payment.ordered("pay_a", "mer_a", ORDER, "bank", AT, reference="ref_1")
RESERVING = Payment.ordered(
    "pay_a", "mer_a", attrs.evolve(ORDER, capture=False), "bank", AT, reference="ref_1"
)

# Written out here by hand and not taken from the code.
UNDECIDED = [PaymentStatus.CREATED, PaymentStatus.UNKNOWN]
DECIDED = [PaymentStatus.APPROVED, PaymentStatus.AUTHORIZED, PaymentStatus.DECLINED, PaymentStatus.FAILED]
LEGAL = {*product(UNDECIDED, DECIDED), (PaymentStatus.CREATED, PaymentStatus.UNKNOWN)}
PAIRS = list(product(PaymentStatus, PaymentStatus))

MOVES: dict[PaymentStatus, Callable[[Payment], Payment]] = {
    PaymentStatus.APPROVED: lambda payment: attrs.evolve(payment, capture=True).authorized(LATER),
    PaymentStatus.AUTHORIZED: lambda payment: attrs.evolve(payment, capture=False).authorized(LATER),
    PaymentStatus.DECLINED: lambda payment: payment.declined("lost_card", LATER),
    PaymentStatus.UNKNOWN: lambda payment: payment.doubted(LATER),
    PaymentStatus.FAILED: lambda payment: payment.failed(LATER),
}


def test_a_payment_begins_created_with_nothing_captured() -> None:
    assert PaymentStatus.CREATED == ORDERED.status
    assert (0, 0, None) == (ORDERED.captured, ORDERED.refunded, ORDERED.decline_code)
    assert (AT, AT) == (ORDERED.created_at, ORDERED.updated_at)
    assert ("4242", Expiry(11, 2034)) == (ORDERED.card.last_four, ORDERED.card.expiry)


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair in LEGAL])
def test_a_legal_transition_moves(before: PaymentStatus, after: PaymentStatus) -> None:
    moved = MOVES[after](attrs.evolve(ORDERED, status=before))
    assert (after, AT, LATER) == (moved.status, moved.created_at, moved.updated_at)


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair not in LEGAL])
def test_every_other_transition_is_a_defect(before: PaymentStatus, after: PaymentStatus) -> None:
    if after not in MOVES:
        assert PaymentStatus.CREATED == after, "nothing leads back to the beginning"
        return
    with pytest.raises(AssertionError, match=f"^{before} never becomes {after}$"):
        MOVES[after](attrs.evolve(ORDERED, status=before))


def test_an_approved_payment_has_captured_its_whole_amount() -> None:
    approved = ORDERED.authorized(LATER)
    assert (PaymentStatus.APPROVED, 1050) == (approved.status, approved.captured)


def test_an_authorized_payment_has_captured_nothing() -> None:
    authorized = RESERVING.authorized(LATER)
    assert (PaymentStatus.AUTHORIZED, 0) == (authorized.status, authorized.captured)


@pytest.mark.parametrize("status", [PaymentStatus.DECLINED, PaymentStatus.UNKNOWN, PaymentStatus.FAILED])
def test_no_money_counts_as_captured_where_the_bank_did_not_say_yes(status: PaymentStatus) -> None:
    assert 0 == MOVES[status](ORDERED).captured


def test_a_declined_payment_says_why() -> None:
    assert "lost_card" == ORDERED.declined("lost_card", LATER).decline_code


def test_a_transition_leaves_the_payment_before_it_as_it_was() -> None:
    before = attrs.evolve(ORDERED)
    ORDERED.authorized(LATER)
    assert before == ORDERED
