from enum import StrEnum

from attrs import evolve, frozen


class InvalidCode(StrEnum):
    """What can be wrong with one field of a request."""

    MISSING_REQUIRED_PARAMETER = "MissingRequiredParameter"
    UNKNOWN_PARAMETER = "UnknownParameter"
    INVALID_PARAMETER = "InvalidParameter"
    INVALID_AMOUNT = "InvalidAmount"
    INVALID_CURRENCY = "InvalidCurrency"
    INVALID_CARD_NUMBER = "InvalidCardNumber"
    INVALID_CVV = "InvalidCvv"
    INVALID_EXPIRY_DATE = "InvalidExpiryDate"
    EXPIRED_CARD = "ExpiredCard"
    CARD_DATA_IN_TEXT = "CardDataInText"
    CAPTURE_NOT_SUPPORTED = "CaptureNotSupported"
    INVALID_URL = "InvalidUrl"


@frozen
class Invalid:
    """One field that breaks one rule.

    `pointer` is an RFC 6901 pointer into the request, as a URI fragment; `detail` never repeats the value,
    which may be card data.
    """

    code: InvalidCode
    detail: str
    pointer: str = "#"

    def at(self, pointer: str) -> "Invalid":
        return evolve(self, pointer=pointer)


class Refusal(StrEnum):
    """Why a valid command was not accepted: nothing of it was kept, and it may be sent again."""

    OVERLOADED = "Overloaded"
    SHUTTING_DOWN = "ShuttingDown"
    STORAGE_UNAVAILABLE = "StorageUnavailable"
    IDEMPOTENCY_KEY_IN_USE = "IdempotencyKeyInUse"


class FailureCode(StrEnum):
    """Why a job is `Failed`: the gateway knows that it moved no money."""

    BANK_UNAVAILABLE = "BankUnavailable"
    BANK_REJECTED = "BankRejected"
    INTERRUPTED = "Interrupted"
    SETTLED_BY_OPERATOR = "SettledByOperator"
    CAPTURE_DECLINED = "CaptureDeclined"
    VOID_DECLINED = "VoidDeclined"
    REFUND_DECLINED = "RefundDeclined"
