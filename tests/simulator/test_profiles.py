from datetime import UTC, datetime

import attrs
import pytest
from iso4217 import Currency
from stdnum import luhn

from simulator.faults import Fault
from simulator.operation_cards import CARDS as OPERATION_CARDS
from simulator.payment import Payment
from simulator.profiles import (
    DECLINE_CODES,
    FAULTS,
    UNAVAILABLE_TWICE_CARD,
    Profile,
    card_fault,
    decline_code,
    refusal,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_every_magic_card_passes_the_luhn_check() -> None:
    cards = [*DECLINE_CODES, *FAULTS, UNAVAILABLE_TWICE_CARD, *OPERATION_CARDS]
    assert [card for card in cards if not luhn.is_valid(card)] == []
    assert len(cards) == len(set(cards))


def test_every_fault_but_503_has_a_magic_card() -> None:
    assert set(Fault) - {Fault.UNAVAILABLE_503} == set(FAULTS.values())


def test_magic_approves_a_card_that_is_not_in_the_table(payment: Payment) -> None:
    other = attrs.evolve(payment, card_number="4012888888881881")
    assert (refusal(Profile.MAGIC, other), decline_code(Profile.MAGIC, other, NOON)) == (None, None)


def test_magic_refuses_a_wrong_check_digit_and_the_wrong_length_of_cvv(payment: Payment) -> None:
    mistyped = attrs.evolve(payment, card_number="4242424242424241")
    assert refusal(Profile.MAGIC, mistyped) == "card_number: fails the Luhn check"
    long_cvv = attrs.evolve(payment, cvv="1234")
    assert refusal(Profile.MAGIC, long_cvv) == "cvv: must be 3 digits for this card"
    american_express = attrs.evolve(payment, card_number="378282246310005")
    assert refusal(Profile.MAGIC, american_express) == "cvv: must be 4 digits for this card"


@pytest.mark.parametrize("profile", [Profile.THRESHOLD, Profile.PARITY])
def test_the_other_profiles_take_any_card(profile: Profile, payment: Payment) -> None:
    mistyped = attrs.evolve(payment, card_number="4242424242424241", cvv="1234")
    assert refusal(profile, mistyped) is None


def test_a_card_is_good_until_its_month_ends_in_the_last_time_zone(payment: Payment) -> None:
    november = attrs.evolve(payment, expiry_year=2026, expiry_month=11)
    last_moment = datetime(2026, 12, 1, 11, 59, tzinfo=UTC)
    first_moment = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert decline_code(Profile.MAGIC, november, last_moment) is None
    assert decline_code(Profile.MAGIC, november, first_moment) == "expired_card"


@pytest.mark.parametrize(
    ("currency", "amount", "expected"),
    [
        ("EUR", 99_999, None),
        ("EUR", 100_000, "generic_decline"),
        ("JPY", 999, None),
        ("JPY", 1_000, "generic_decline"),
        ("KWD", 999_999, None),
        ("KWD", 1_000_000, "generic_decline"),
    ],
)
def test_threshold_approves_under_1000_major_units(
    currency: str, amount: int, expected: str | None, payment: Payment
) -> None:
    asked = attrs.evolve(payment, currency=Currency(currency), amount=amount)
    assert expected == decline_code(Profile.THRESHOLD, asked, NOON)


@pytest.mark.parametrize(
    ("card_number", "code", "fault"),
    [
        ("2222405343248877", None, None),
        ("2222405343248878", "generic_decline", None),
        ("2222405343248870", "generic_decline", Fault.UNAVAILABLE_503),
    ],
)
def test_parity_goes_by_the_last_digit(
    card_number: str, code: str | None, fault: Fault | None, payment: Payment
) -> None:
    asked = attrs.evolve(payment, card_number=card_number)
    assert code == decline_code(Profile.PARITY, asked, NOON)
    assert fault == card_fault(Profile.PARITY, asked, 1)


def test_magic_cards_misbehave_in_no_other_profile(payment: Payment) -> None:
    slow = attrs.evolve(payment, card_number="4000009900000012")
    assert card_fault(Profile.MAGIC, slow, 1) is Fault.LATE
    assert card_fault(Profile.THRESHOLD, slow, 1) is None
    assert card_fault(Profile.PARITY, slow, 1) is None


def test_one_card_is_unavailable_twice(payment: Payment) -> None:
    asked = attrs.evolve(payment, card_number=UNAVAILABLE_TWICE_CARD)
    faults = [card_fault(Profile.MAGIC, asked, submissions) for submissions in (1, 2, 3, 4)]
    assert faults == [Fault.UNAVAILABLE_503, Fault.UNAVAILABLE_503, None, None]
