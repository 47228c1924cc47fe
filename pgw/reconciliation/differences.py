"""What can be wrong with a reference. `docs/reconciliation.md` says what each means."""

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen

from pgw.domain.job import JobType


class DifferenceCode(StrEnum):
    CHARGED_TWICE = "ChargedTwice"
    CHARGED_TOO_MUCH = "ChargedTooMuch"
    CHARGED_THOUGH_FAILED = "ChargedThoughFailed"
    CHARGED_THOUGH_DECLINED = "ChargedThoughDeclined"
    CAPTURED_TWICE = "CapturedTwice"
    CAPTURED_TOO_MUCH = "CapturedTooMuch"
    CAPTURED_THOUGH_FAILED = "CapturedThoughFailed"
    CAPTURED_THOUGH_DECLINED = "CapturedThoughDeclined"
    VOIDED_TWICE = "VoidedTwice"
    VOIDED_THOUGH_FAILED = "VoidedThoughFailed"
    VOIDED_THOUGH_DECLINED = "VoidedThoughDeclined"
    REFUNDED_TWICE = "RefundedTwice"
    REFUNDED_TOO_MUCH = "RefundedTooMuch"
    REFUNDED_THOUGH_FAILED = "RefundedThoughFailed"
    REFUNDED_THOUGH_DECLINED = "RefundedThoughDeclined"
    NOT_AT_THE_BANK = "NotAtTheBank"
    OTHER_AMOUNT = "OtherAmount"
    OTHER_CURRENCY = "OtherCurrency"
    OTHER_OPERATION = "OtherOperation"
    OTHER_PAYMENT = "OtherPayment"
    UNKNOWN_REFERENCE = "UnknownReference"


@frozen
class Codes:
    """What is wrong where the bank did more than the gateway knows of."""

    twice: DifferenceCode
    too_much: DifferenceCode
    though_failed: DifferenceCode
    though_declined: DifferenceCode


CODES_OF: Mapping[JobType, Codes] = {
    JobType.PAYMENT: Codes(
        DifferenceCode.CHARGED_TWICE,
        DifferenceCode.CHARGED_TOO_MUCH,
        DifferenceCode.CHARGED_THOUGH_FAILED,
        DifferenceCode.CHARGED_THOUGH_DECLINED,
    ),
    JobType.CAPTURE: Codes(
        DifferenceCode.CAPTURED_TWICE,
        DifferenceCode.CAPTURED_TOO_MUCH,
        DifferenceCode.CAPTURED_THOUGH_FAILED,
        DifferenceCode.CAPTURED_THOUGH_DECLINED,
    ),
    JobType.VOID: Codes(
        DifferenceCode.VOIDED_TWICE,
        DifferenceCode.OTHER_AMOUNT,  # it moves nothing that could be too much
        DifferenceCode.VOIDED_THOUGH_FAILED,
        DifferenceCode.VOIDED_THOUGH_DECLINED,
    ),
    JobType.REFUND: Codes(
        DifferenceCode.REFUNDED_TWICE,
        DifferenceCode.REFUNDED_TOO_MUCH,
        DifferenceCode.REFUNDED_THOUGH_FAILED,
        DifferenceCode.REFUNDED_THOUGH_DECLINED,
    ),
}
