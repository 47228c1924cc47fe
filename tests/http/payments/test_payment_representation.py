from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.money import Currency, Money
from pgw.domain.operation import CaptureOrder, VoidOrder, begin, captured, voided
from pgw.domain.payment import Payment, PaymentOrder, VoidReason
from pgw.domain.result import Ok
from pgw.http.answers import encode
from pgw.http.payments.representation import payment_document

AT = datetime(2026, 6, 15, 9, 30, 0, 5000, tzinfo=UTC)
LATER = AT + timedelta(seconds=15)
CARD = Card(CardNumber("378282246310005", Brand.AMERICAN_EXPRESS), Cvv("1234"), Expiry(1, 2034), "Ada")
ORDER = PaymentOrder(Money(1050, Currency("EUR", 2)), CARD, reference="order-17", metadata={"cart": "9"})
ORDERED = Payment.ordered("pay_a", "mer_a", ORDER, "bank", AT, reference="ref_1")


def changes(before: Payment, after: Payment) -> dict[str, Any]:
    old, new = payment_document(before), payment_document(after)
    return {name: value for name, value in new.items() if name not in old or old[name] != value}


def test_a_payment_is_shown_as_the_contract_says_and_its_card_masked() -> None:
    expected = (
        '{"paymentId":"pay_a","status":"Created",'
        '"card":{"cardNumber":"************0005","brand":"amex","expiryMonth":1,"expiryYear":2034},'
        '"price":{"currency":"EUR","amount":10.50},"captured":0.00,"refunded":0.00,'
        '"description":null,"reference":"order-17","metadata":{"cart":"9"},'
        '"createdAt":"2026-06-15T09:30:00.005Z","updatedAt":"2026-06-15T09:30:00.005Z"}'
    )
    assert expected == encode(payment_document(ORDERED))


def test_an_approved_payment_shows_what_was_captured() -> None:
    changed = changes(ORDERED, ORDERED.authorized(LATER))
    assert {"status", "captured", "updatedAt"} == set(changed)
    assert '{"status":"Approved","captured":10.50,"updatedAt":"2026-06-15T09:30:15.005Z"}' == encode(changed)


def test_a_declined_payment_shows_why() -> None:
    changed = changes(ORDERED, ORDERED.declined("lost_card", LATER))
    assert {
        "status": "Declined",
        "declineCode": "lost_card",
        "updatedAt": "2026-06-15T09:30:15.005Z",
    } == changed


def test_an_authorized_payment_says_when_it_expires_until_something_is_captured() -> None:
    authorized = attrs.evolve(ORDERED, capture=False).authorized(LATER, LATER + timedelta(days=7))
    assert "2026-06-22T09:30:15.005Z" == payment_document(authorized)["expiresAt"]
    assert "expiresAt" not in payment_document(attrs.evolve(authorized, expires_at=None))
    begun = begin(authorized, CaptureOrder(1), LATER)
    assert isinstance(begun, Ok)
    # While it is under way it may still come to nothing.
    assert "expiresAt" in payment_document(begun.value.payment)
    assert "expiresAt" not in payment_document(captured(begun.value.payment, 1, LATER, is_final=False))


@pytest.mark.parametrize("reason", VoidReason)
def test_a_voided_payment_says_why_and_expires_no_more(reason: VoidReason) -> None:
    authorized = attrs.evolve(ORDERED, capture=False).authorized(LATER, LATER + timedelta(days=7))
    begun = begin(authorized, VoidOrder(reason), LATER + timedelta(days=7))
    assert isinstance(begun, Ok)
    changed = changes(authorized, voided(begun.value.payment, reason, LATER))
    assert {"status": "Voided", "voidReason": str(reason)} == changed
    assert "expiresAt" not in payment_document(voided(begun.value.payment, reason, LATER))


def test_a_word_that_was_kept_before_there_was_a_list_of_them_is_shown_as_one_of_the_list() -> None:
    changed = changes(ORDERED, ORDERED.declined("do-not-like-you", LATER))
    assert "generic_decline" == changed["declineCode"]


@pytest.mark.parametrize(
    ("currency", "minor_units", "amount", "nothing"),
    [
        (Currency("JPY", 0), 1050, "1050", "0"),
        (Currency("EUR", 2), 1, "0.01", "0.00"),
        (Currency("EUR", 2), 100, "1.00", "0.00"),
        (Currency("KWD", 3), 1050, "1.050", "0.000"),
        (Currency("CLF", 4), 1, "0.0001", "0.0000"),
        (Currency("EUR", 2), 10**12 - 1, "9999999999.99", "0.00"),
    ],
)
def test_amounts_have_exactly_the_currencys_decimals(
    currency: Currency, minor_units: int, amount: str, nothing: str
) -> None:
    payment = attrs.evolve(ORDERED, amount=Money(minor_units, currency))
    shown = encode(payment_document(payment))
    assert f'"price":{{"currency":"{currency.code}","amount":{amount}}}' in shown
    assert f'"captured":{nothing},"refunded":{nothing},' in shown
