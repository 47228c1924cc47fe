"""A bank's words for its no, as codes of ours.

Banks that give words give those of the public challenge, which are ours. Others hand on the response code of
the card network, which is ISO 8583's data element 39 in the edition of 1987 and, beginning with a letter, the
networks' own; the meanings are those that Visa and Mastercard list for merchants.
"""

from collections.abc import Mapping

from pgw.domain.decline import DeclineCode

RESPONSE_CODES: Mapping[str, DeclineCode] = {
    "03": DeclineCode.NOT_PERMITTED,  # invalid merchant
    "04": DeclineCode.PICKUP_CARD,
    "05": DeclineCode.GENERIC_DECLINE,  # do not honour
    "06": DeclineCode.PROCESSING_ERROR,
    "07": DeclineCode.PICKUP_CARD,  # of a fraudulent account
    "12": DeclineCode.NOT_PERMITTED,  # invalid transaction
    "13": DeclineCode.INVALID_AMOUNT,
    "14": DeclineCode.INCORRECT_NUMBER,
    "15": DeclineCode.INCORRECT_NUMBER,  # no such issuer
    "19": DeclineCode.PROCESSING_ERROR,  # enter it again
    "33": DeclineCode.EXPIRED_CARD,
    "34": DeclineCode.SUSPECTED_FRAUD,
    "36": DeclineCode.RESTRICTED_CARD,
    "41": DeclineCode.LOST_CARD,
    "43": DeclineCode.STOLEN_CARD,
    "46": DeclineCode.CLOSED_ACCOUNT,
    "51": DeclineCode.INSUFFICIENT_FUNDS,
    "54": DeclineCode.EXPIRED_CARD,
    "57": DeclineCode.NOT_PERMITTED,  # to the cardholder
    "58": DeclineCode.NOT_PERMITTED,  # to the terminal
    "59": DeclineCode.SUSPECTED_FRAUD,
    "61": DeclineCode.LIMIT_EXCEEDED,  # of the amount
    "62": DeclineCode.RESTRICTED_CARD,
    "65": DeclineCode.LIMIT_EXCEEDED,  # of the number of payments
    "82": DeclineCode.INCORRECT_CVC,  # Visa: negative result of a security code's check
    "91": DeclineCode.ISSUER_UNAVAILABLE,
    "92": DeclineCode.ISSUER_UNAVAILABLE,  # no route to it
    "93": DeclineCode.NOT_PERMITTED,  # by law
    "96": DeclineCode.PROCESSING_ERROR,  # system malfunction
    "1A": DeclineCode.AUTHENTICATION_REQUIRED,  # Visa
    "N3": DeclineCode.NOT_PERMITTED,  # Visa: cash service not available
    "N4": DeclineCode.LIMIT_EXCEEDED,  # Visa: cash request exceeds the issuer's limit
    "N7": DeclineCode.INCORRECT_CVC,  # Visa: the security code does not fit
    "R0": DeclineCode.STOPPED_BY_CUSTOMER,  # Visa: this payment
    "R1": DeclineCode.STOPPED_BY_CUSTOMER,  # Visa: this merchant's payments
    "R3": DeclineCode.STOPPED_BY_CUSTOMER,  # Visa: all such payments
}
_CODES: Mapping[str, DeclineCode] = {**{code.value: code for code in DeclineCode}, **RESPONSE_CODES}


def decline_code_of(word: str | None) -> DeclineCode:
    """Return what a bank's word means; where it gives none, or an unknown one, that it gave no reason."""
    return _CODES.get(word or "", DeclineCode.GENERIC_DECLINE)
