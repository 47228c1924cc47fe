from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import attrs
import pytest

from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.money import Currency, Money
from pgw.domain.payment import TRANSITIONS, Payment, PaymentOrder, PaymentStatus, Step

AT = datetime(2026, 6, 15, tzinfo=UTC)
LATER = AT + timedelta(seconds=15)
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))
ORDER = PaymentOrder(Money(1050, Currency("EUR", 2)), CARD, description="Order 17", metadata={"a": "b"})
ORDERED = Payment.ordered("pay_a", "mer_a", ORDER, "bank", AT, reference="ref_1")
RESERVING = Payment.ordered(
    "pay_a", "mer_a", attrs.evolve(ORDER, capture=False), "bank", AT, reference="ref_1"
)

# Written out here by hand and not taken from the code: where each step leads to from each status.
DECISIONS = {
    Step.CHARGED: PaymentStatus.APPROVED,
    Step.RESERVED: PaymentStatus.AUTHORIZED,
    Step.DECLINED: PaymentStatus.DECLINED,
    Step.FAILED: PaymentStatus.FAILED,
}
LEGAL = {
    PaymentStatus.CREATED: {**DECISIONS, Step.DOUBTED: PaymentStatus.UNKNOWN},
    PaymentStatus.UNKNOWN: DECISIONS,
    PaymentStatus.AUTHORIZED: {
        Step.CAPTURED_IN_PART: PaymentStatus.PARTIALLY_CAPTURED,
        Step.CAPTURED: PaymentStatus.APPROVED,
        Step.VOIDED: PaymentStatus.VOIDED,
    },
    PaymentStatus.PARTIALLY_CAPTURED: {
        Step.CAPTURED_IN_PART: PaymentStatus.PARTIALLY_CAPTURED,
        Step.CAPTURED: PaymentStatus.APPROVED,
        Step.REFUNDED_IN_PART: PaymentStatus.PARTIALLY_REFUNDED,
        Step.REFUNDED: PaymentStatus.REFUNDED,
    },
    PaymentStatus.APPROVED: {
        Step.REFUNDED_IN_PART: PaymentStatus.PARTIALLY_REFUNDED,
        Step.REFUNDED: PaymentStatus.REFUNDED,
    },
    PaymentStatus.PARTIALLY_REFUNDED: {
        Step.REFUNDED_IN_PART: PaymentStatus.PARTIALLY_REFUNDED,
        Step.REFUNDED: PaymentStatus.REFUNDED,
    },
}
STEPS = list(product(PaymentStatus, Step))
MOVES: dict[Step, Callable[[Payment], Payment]] = {
    Step.CHARGED: lambda payment: attrs.evolve(payment, capture=True).authorized(LATER),
    Step.RESERVED: lambda payment: attrs.evolve(payment, capture=False).authorized(LATER),
    Step.DECLINED: lambda payment: payment.declined("lost_card", LATER),
    Step.DOUBTED: lambda payment: payment.doubted(LATER),
    Step.FAILED: lambda payment: payment.failed(LATER),
}


def _led_to(before: PaymentStatus, step: Step) -> PaymentStatus | None:
    return LEGAL.get(before, {}).get(step)


def test_a_payment_begins_created_with_nothing_captured() -> None:
    assert PaymentStatus.CREATED == ORDERED.status
    assert (0, 0, None) == (ORDERED.captured, ORDERED.refunded, ORDERED.decline_code)
    assert (AT, AT) == (ORDERED.created_at, ORDERED.updated_at)
    assert ("4242", Expiry(11, 2034)) == (ORDERED.card.last_four, ORDERED.card.expiry)


@pytest.mark.parametrize(("before", "step"), [pair for pair in STEPS if _led_to(*pair)])
def test_a_legal_step_leads_on(before: PaymentStatus, step: Step) -> None:
    payment = attrs.evolve(ORDERED, status=before)
    moved = MOVES[step](payment) if step in MOVES else payment.following(step, LATER)
    assert (_led_to(before, step), AT, LATER) == (moved.status, moved.created_at, moved.updated_at)


@pytest.mark.parametrize(("before", "step"), [pair for pair in STEPS if not _led_to(*pair)])
def test_every_other_step_is_a_defect(before: PaymentStatus, step: Step) -> None:
    payment = attrs.evolve(ORDERED, status=before)
    with pytest.raises(AssertionError, match=f"^{before} is never {step}$"):
        MOVES[step](payment) if step in MOVES else payment.following(step, LATER)


def test_every_status_says_where_it_leads_to() -> None:
    assert set(PaymentStatus) == set(TRANSITIONS)


def test_every_status_is_reached_from_the_first() -> None:
    reached, ahead = {PaymentStatus.CREATED}, [PaymentStatus.CREATED]
    while ahead:
        further = [status for status in TRANSITIONS[ahead.pop()].values() if status not in reached]
        reached.update(further)
        ahead.extend(further)
    assert set(PaymentStatus) == reached


def test_an_approved_payment_has_captured_its_whole_amount() -> None:
    approved = ORDERED.authorized(LATER)
    assert (PaymentStatus.APPROVED, 1050) == (approved.status, approved.captured)


def test_an_authorized_payment_has_captured_nothing_and_knows_when_it_expires() -> None:
    expires_at = LATER + timedelta(days=7)
    authorized = RESERVING.authorized(LATER, expires_at)
    assert (PaymentStatus.AUTHORIZED, 0) == (authorized.status, authorized.captured)
    assert expires_at == authorized.expires_at
    assert ORDERED.authorized(LATER, expires_at).expires_at is None, "it was charged"


@pytest.mark.parametrize("step", [Step.DECLINED, Step.DOUBTED, Step.FAILED])
def test_no_money_counts_as_captured_where_the_bank_did_not_say_yes(step: Step) -> None:
    assert 0 == MOVES[step](ORDERED).captured


def test_a_declined_payment_says_why() -> None:
    assert "lost_card" == ORDERED.declined("lost_card", LATER).decline_code


def test_a_transition_leaves_the_payment_before_it_as_it_was() -> None:
    before = attrs.evolve(ORDERED)
    ORDERED.authorized(LATER)
    assert before == ORDERED
