"""What the bank decides about a payment: pure functions of the payment, the profile and the time."""

import enum
from datetime import datetime, timedelta, timezone

from stdnum import luhn

from simulator.faults import Fault
from simulator.payment import Payment

DECLINE_CODES = {
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000009987": "lost_card",
    "4000000000009979": "stolen_card",
    "4000000000000069": "expired_card",
    "4000000000000127": "incorrect_cvc",
    "4000000000000119": "processing_error",
    "4000002760003184": "authentication_required",
}
FAULTS = {
    "4000009900000012": Fault.LATE,
    "4000009900000020": Fault.HANG,
    "4000009900000038": Fault.DROP_AFTER_BOOKING,
    "4000009900000046": Fault.ERROR_500,
    "4000009900000053": Fault.TWICE,
    "4000009900000079": Fault.REFUSE,
    "4000009900000087": Fault.GARBAGE,
    "4000009900000095": Fault.HALF,
    "4000009900000103": Fault.DELAYED,
}
UNAVAILABLE_TWICE_CARD = "4000009900000061"
THRESHOLD = 1000
"""In major units."""
LAST_TIME_ZONE = timezone(-timedelta(hours=12))
"""Where a card's last day ends last."""


class Profile(enum.Enum):
    MAGIC = "magic"
    THRESHOLD = "threshold"
    PARITY = "parity"


def refusal(profile: Profile, payment: Payment) -> str | None:
    """Say why a card is malformed. Only `magic` looks: the public challenge's own cards fail Luhn."""
    if profile is not Profile.MAGIC:
        return None
    if not luhn.is_valid(payment.card_number):
        return "card_number: fails the Luhn check"
    digits = 4 if payment.card_number.startswith(("34", "37")) else 3
    if len(payment.cvv) != digits:
        return f"cvv: must be {digits} digits for this card"
    return None


def decline_code(profile: Profile, payment: Payment, now: datetime) -> str | None:
    """Say why the bank says no, or None when it authorizes. `now` is aware."""
    match profile:
        case Profile.MAGIC:
            return DECLINE_CODES.get(payment.card_number) or _expired(payment, now)
        case Profile.THRESHOLD:
            limit = THRESHOLD * 10 ** (payment.currency.exponent or 0)
            return None if payment.amount < limit else "generic_decline"
        case Profile.PARITY:
            return None if int(payment.card_number[-1]) % 2 else "generic_decline"


def _expired(payment: Payment, now: datetime) -> str | None:
    today = now.astimezone(LAST_TIME_ZONE)
    if (payment.expiry_year, payment.expiry_month) < (today.year, today.month):
        return "expired_card"
    return None


def card_fault(profile: Profile, payment: Payment, submissions: int) -> Fault | None:
    """Say how the bank misbehaves over this card at the n-th submission (from 1) of its reference."""
    match profile:
        case Profile.MAGIC:
            if payment.card_number == UNAVAILABLE_TWICE_CARD:
                return Fault.UNAVAILABLE_503 if submissions <= 2 else None  # noqa: PLR2004 twice, as its name says
            return FAULTS.get(payment.card_number)
        case Profile.PARITY:
            return Fault.UNAVAILABLE_503 if payment.card_number.endswith("0") else None
        case Profile.THRESHOLD:
            return None
