"""The only table from an error to its HTTP status, with what `GET /problems/{code}` explains."""

from collections.abc import Mapping

from attrs import frozen

from pgw.domain.errors import FailureCode, InvalidCode, Refusal


@frozen
class Problem:
    """A kind of problem. `status` is None for one that is met in a job, never as an answer.

    `type` is a URI that others have registered for it; empty where the type is our own page of the code.
    """

    code: str
    status: int | None
    title: str
    explanation: str
    type: str = ""


def _table(*problems: Problem) -> Mapping[str, Problem]:
    return {problem.code: problem for problem in problems}


PROBLEMS = _table(
    Problem(
        "MalformedRequest",
        400,
        "The request is not a well-formed JSON object",
        "The body must be one JSON object (RFC 8259) in UTF-8, in which no member appears twice.",
    ),
    Problem(
        InvalidCode.MISSING_REQUIRED_PARAMETER,
        400,
        "A required member is missing",
        "Add the member that the pointer names.",
    ),
    Problem(
        InvalidCode.UNKNOWN_PARAMETER,
        400,
        "A member is not known",
        "Remove the member that the pointer names, or correct its spelling: a misspelt option is refused "
        "rather than ignored.",
    ),
    Problem(
        InvalidCode.INVALID_PARAMETER,
        400,
        "A member has a value of the wrong kind",
        "The detail says which kind of value the member takes.",
    ),
    Problem(
        InvalidCode.INVALID_AMOUNT,
        400,
        "The amount cannot be paid",
        "An amount is in major units, more than 0, with no more decimals than its currency has "
        "(JPY 0, EUR 2, KWD 3), and has at most 12 digits in minor units.",
    ),
    Problem(
        InvalidCode.INVALID_CURRENCY,
        400,
        "The currency is not known",
        "A currency is the code of an active currency of ISO 4217, in capital letters.",
    ),
    Problem(
        InvalidCode.INVALID_CARD_NUMBER,
        400,
        "The card number is not valid",
        "A card number has the length and the check digit of its brand. Spaces and dashes are ignored.",
    ),
    Problem(
        InvalidCode.INVALID_CVV,
        400,
        "The CVV is not valid",
        "A CVV is a string of 3 digits, or of 4 for American Express.",
    ),
    Problem(
        InvalidCode.INVALID_EXPIRY_DATE,
        400,
        "The expiry date is not valid",
        "The expiry month is an integer from 1 to 12, the expiry year one of four digits.",
    ),
    Problem(
        InvalidCode.EXPIRED_CARD,
        400,
        "The card has expired",
        "A card is good through the last day of its expiry month, where that day ends last.",
    ),
    Problem(
        InvalidCode.CARD_DATA_IN_TEXT,
        400,
        "A text contains the card number",
        "Texts are kept and shown in clear; a card number must not be (PCI DSS 3.5.1). Remove it.",
    ),
    Problem(
        InvalidCode.CAPTURE_NOT_SUPPORTED,
        400,
        "The bank cannot capture later",
        "This bank charges at once. Leave `capture` out, or set it to true.",
    ),
    Problem(
        "InvalidIdempotencyKey",
        400,
        "The idempotency key is not valid",
        "An `Idempotency-Key` is sent once, quoted or bare, and has 1 to 255 printable ASCII characters.",
    ),
    Problem(
        "UnauthorizedAccess",
        401,
        "The key is missing or not known",
        "Send `Authorization: Bearer` and your key.",
    ),
    Problem("UnknownPayment", 404, "There is no such payment", "No payment of yours has this id."),
    Problem("UnknownJob", 404, "There is no such job", "No job of yours has this id."),
    Problem("UnknownRoute", 404, "There is no such route", "Nothing is to be found at this path."),
    Problem(
        "MethodNotAllowed",
        405,
        "The route does not take this method",
        "The `Allow` header lists those it takes.",
    ),
    Problem(
        "NotAcceptable",
        406,
        "The answer cannot be given in an accepted form",
        "Answers are `application/json`; let the `Accept` header allow it.",
    ),
    Problem(
        "RequestTimeout",
        408,
        "The body did not arrive in time",
        "Nothing was accepted; send the request again.",
    ),
    Problem(
        Refusal.IDEMPOTENCY_KEY_IN_USE,
        409,
        "The first request under this idempotency key is still running",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says, under the "
        "same key: you are then answered what the first one was.",
    ),
    Problem("RequestTooLarge", 413, "The body is too large", "A body may have at most 64 KiB."),
    Problem(
        "UnsupportedMediaType",
        415,
        "The body is not sent as JSON",
        "Send `Content-Type: application/json`, in UTF-8 and without a content encoding.",
    ),
    Problem(
        "IdempotencyKeyReused",
        422,
        "The idempotency key was used for another request",
        "Nothing was accepted. A key belongs to the one request that was accepted under it, for at least 24 "
        "hours. To repeat that one send it unchanged; for another one take a new key.",
    ),
    Problem(
        "UpgradeRequired",
        426,
        "The route is a WebSocket",
        "Connect to it with the WebSocket protocol (RFC 6455).",
    ),
    Problem(
        "RateLimited",
        429,
        "The quota of requests is exceeded",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says. The policy "
        "`default` counts all requests of a merchant; `failed-authentication` counts those without a valid "
        "key that come from one address, and refuses no others.",
        type="https://iana.org/assignments/http-problem-types#quota-exceeded",
    ),
    Problem(
        "InternalError",
        500,
        "Something went wrong on our side",
        "The request may have been accepted. Send it again under the same `Idempotency-Key`; where it had "
        "none, ask for what it was to change first.",
    ),
    Problem(
        Refusal.OVERLOADED,
        503,
        "Too much is in flight",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says.",
    ),
    Problem(
        Refusal.SHUTTING_DOWN,
        503,
        "The gateway is shutting down",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says.",
    ),
    Problem(
        Refusal.STORAGE_UNAVAILABLE,
        503,
        "Storage is not available",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says.",
    ),
    Problem(
        FailureCode.BANK_UNAVAILABLE,
        None,
        "The bank took no request in time",
        "Met as the error of a job. The bank was not reached, or said that it processed nothing, until the "
        "submission window ended. No money moved; you may pay again.",
    ),
    Problem(
        FailureCode.BANK_REJECTED,
        None,
        "The bank refused the request",
        "Met as the error of a job. The bank refused the request as malformed. No money moved.",
    ),
    Problem(
        FailureCode.INTERRUPTED,
        None,
        "The bank's answer was lost, and the request was reversed",
        "Met as the error of a job. What the bank made of the request was not to be learnt, and it "
        "acknowledged the reversal, which counts also where the request arrives late. No money moved; you "
        "may pay again.",
    ),
    Problem(
        FailureCode.SETTLED_BY_OPERATOR,
        None,
        "An operator ended it as failed",
        "Met as the error of a job. The bank did not tell the outcome, and an operator learnt it by other "
        "means. No money moved; you may pay again.",
    ),
)
