"""Why a bank said no: one closed list, whatever the bank's own words are.

`docs/decline-codes.md` is made from it.
"""

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen


class DeclineCode(StrEnum):
    """What a merchant is told; of a payment, of an operation on one, or of either."""

    GENERIC_DECLINE = "generic_decline"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    LIMIT_EXCEEDED = "limit_exceeded"
    EXPIRED_CARD = "expired_card"
    INCORRECT_NUMBER = "incorrect_number"
    INCORRECT_CVC = "incorrect_cvc"
    INVALID_AMOUNT = "invalid_amount"
    AUTHENTICATION_REQUIRED = "authentication_required"
    NOT_PERMITTED = "not_permitted"
    RESTRICTED_CARD = "restricted_card"
    CLOSED_ACCOUNT = "closed_account"
    STOPPED_BY_CUSTOMER = "stopped_by_customer"
    LOST_CARD = "lost_card"
    STOLEN_CARD = "stolen_card"
    PICKUP_CARD = "pickup_card"
    SUSPECTED_FRAUD = "suspected_fraud"
    ISSUER_UNAVAILABLE = "issuer_unavailable"
    PROCESSING_ERROR = "processing_error"
    AMOUNT_TOO_LARGE = "amount_too_large"
    ALREADY_CAPTURED = "already_captured"
    ALREADY_VOIDED = "already_voided"
    ALREADY_REFUNDED = "already_refunded"
    NOT_CAPTURED = "not_captured"
    AUTHORIZATION_EXPIRED = "authorization_expired"
    UNKNOWN_PAYMENT = "unknown_payment"


_NAMES = frozenset(DeclineCode)


def listed(word: str) -> DeclineCode:
    """Return the code of this name; any other, such as was kept before there was a list, is generic."""
    return DeclineCode(word) if word in _NAMES else DeclineCode.GENERIC_DECLINE


class Advice(StrEnum):
    """What the merchant should do about it. The value is the sentence for the documentation."""

    ANOTHER_CARD = "Ask for another card; this one may work another day."
    TRY_LATER = "Try the same again later."
    NEVER_AGAIN = "Ask for another card, and never try this one again."
    CORRECT = "Let the data be corrected, then pay anew."
    PAY_ANEW = "Let the customer pay anew."
    NOTHING = "Nothing: there is nothing left to do."
    LOOK = "Compare with your own records; repeating it changes nothing."


@frozen
class Decline:
    """What a code means, what to do about it, and what to tell the customer, if anything.

    `is_secret` where the reason itself must not be told: whoever holds the card may be a thief.
    """

    meaning: str
    advice: Advice
    tell: str | None = None
    is_secret: bool = False

    @property
    def description(self) -> str:
        """One line for whoever programs against it."""
        secret = " Do not tell the customer why." if self.is_secret else ""
        return f"{self.meaning} {self.advice}{secret}"


_WAS_DECLINED = "Your bank declined the payment. Please use another card, or ask your bank."
_DECLINED_SECRETLY = "The payment was declined. Please use another card."
_TRY_AGAIN = "The payment could not be processed. Please try again in a while."


def _secret(meaning: str) -> Decline:
    return Decline(meaning, Advice.NEVER_AGAIN, _DECLINED_SECRETLY, is_secret=True)


OF_PAYMENTS: Mapping[DeclineCode, Decline] = {
    DeclineCode.GENERIC_DECLINE: Decline(
        "The bank gave no reason, or one that is not in this list.", Advice.ANOTHER_CARD, _WAS_DECLINED
    ),
    DeclineCode.INSUFFICIENT_FUNDS: Decline(
        "There is not enough money behind the card.",
        Advice.ANOTHER_CARD,
        "Your bank declined the payment for lack of funds. Please use another card.",
    ),
    DeclineCode.LIMIT_EXCEEDED: Decline(
        "The card has a limit, of an amount or of payments a day, which is reached.",
        Advice.ANOTHER_CARD,
        "The limit of your card is reached. Please use another card, or ask your bank.",
    ),
    DeclineCode.EXPIRED_CARD: Decline(
        "The card has expired, says its bank.",
        Advice.CORRECT,
        "Your card has expired. Please check its expiry date, or use another card.",
    ),
    DeclineCode.INCORRECT_NUMBER: Decline(
        "There is no card of this number.",
        Advice.CORRECT,
        "Please check the number of your card.",
    ),
    DeclineCode.INCORRECT_CVC: Decline(
        "The card's security code is not right.",
        Advice.CORRECT,
        "Please check the security code of your card.",
    ),
    DeclineCode.INVALID_AMOUNT: Decline(
        "The bank does not take this amount, or not in this currency.", Advice.CORRECT, _WAS_DECLINED
    ),
    DeclineCode.AUTHENTICATION_REQUIRED: Decline(
        "The cardholder's bank wants the cardholder to be authenticated.",
        Advice.ANOTHER_CARD,
        "Your bank asks for a confirmation that is not possible here. Please use another card.",
    ),
    DeclineCode.NOT_PERMITTED: Decline(
        "The card is not good for payments of this kind, or at this merchant.",
        Advice.NEVER_AGAIN,
        "Your card cannot be used for this payment. Please use another card.",
    ),
    DeclineCode.RESTRICTED_CARD: Decline(
        "The card is restricted, as to a country, or not active.", Advice.ANOTHER_CARD, _WAS_DECLINED
    ),
    DeclineCode.CLOSED_ACCOUNT: Decline(
        "The account behind the card is closed.", Advice.NEVER_AGAIN, _WAS_DECLINED
    ),
    DeclineCode.STOPPED_BY_CUSTOMER: Decline(
        "The cardholder told the bank to let no such payment through.",
        Advice.NEVER_AGAIN,
        "Your bank has an order of yours to stop such payments. Please use another card, or ask your bank.",
    ),
    DeclineCode.LOST_CARD: _secret("The card was reported lost."),
    DeclineCode.STOLEN_CARD: _secret("The card was reported stolen."),
    DeclineCode.PICKUP_CARD: _secret("The bank wants the card taken away."),
    DeclineCode.SUSPECTED_FRAUD: _secret("The bank suspects a fraud."),
    DeclineCode.ISSUER_UNAVAILABLE: Decline(
        "The cardholder's bank could not be reached.", Advice.TRY_LATER, _TRY_AGAIN
    ),
    DeclineCode.PROCESSING_ERROR: Decline(
        "The bank could not process it, for a reason of its own.", Advice.TRY_LATER, _TRY_AGAIN
    ),
}
"""Those of a payment. An operation may be declined by one of them too, as a refund to a closed account."""

OF_OPERATIONS: Mapping[DeclineCode, Decline] = {
    DeclineCode.AMOUNT_TOO_LARGE: Decline("It is more than what is left of the payment.", Advice.LOOK),
    DeclineCode.ALREADY_CAPTURED: Decline("All of it was captured, or captured for good.", Advice.LOOK),
    DeclineCode.ALREADY_VOIDED: Decline(
        "The payment was voided: the bank holds nothing of it any more.", Advice.NOTHING
    ),
    DeclineCode.ALREADY_REFUNDED: Decline(
        "The payment was refunded: nothing more of it can be captured.", Advice.NOTHING
    ),
    DeclineCode.NOT_CAPTURED: Decline(
        "Nothing was captured that could be given back. Void it instead.", Advice.LOOK
    ),
    DeclineCode.AUTHORIZATION_EXPIRED: Decline(
        "The bank no longer holds the money.",
        Advice.PAY_ANEW,
        "Your payment was not completed in time. Please pay again.",
    ),
    DeclineCode.UNKNOWN_PAYMENT: Decline(
        "The bank knows no such payment, or it does not count.", Advice.LOOK
    ),
}
"""Those that decline a capture, a void or a refund alone."""

DECLINES: Mapping[DeclineCode, Decline] = {**OF_PAYMENTS, **OF_OPERATIONS}
