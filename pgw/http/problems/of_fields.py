"""What is wrong with what a request says."""

from pgw.domain.errors import InvalidCode
from pgw.http.problems.problem import Problem

OF_FIELDS = (
    Problem(
        "MalformedRequest",
        400,
        "The request is not a well-formed JSON object",
        "The body must be one JSON object (RFC 8259) in UTF-8, in which no member appears twice.",
    ),
    Problem(
        "MalformedHttp",
        400,
        "The request is not well-formed HTTP",
        "Nothing was accepted, and the connection is closed. What was sent is not HTTP/1.1 (RFC 9112), ended "
        "too early, or went on behind a WebSocket's handshake before that was answered.",
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
        "A member or a query parameter is not known",
        "Remove what the pointer or the detail names, or correct its spelling: a misspelt option is refused "
        "rather than ignored.",
    ),
    Problem(
        InvalidCode.INVALID_PARAMETER,
        400,
        "A member or a query parameter has a value of the wrong kind",
        "The detail says which kind of value it takes.",
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
        "A text contains a card number",
        "Texts are kept and shown in clear; a card number must not be (PCI DSS 3.5.1). Remove it. 12 "
        "digits or more look like one, except in the texts of an order, whose card is known.",
    ),
    Problem(
        InvalidCode.CAPTURE_NOT_SUPPORTED,
        400,
        "The bank cannot capture later",
        "This bank charges at once. Leave `capture` out, or set it to true.",
    ),
    Problem(
        InvalidCode.INVALID_URL,
        400,
        "The URL is none that webhooks can be sent to",
        "A URL begins with `https://` and has a public host, no user or password and no fragment.",
    ),
    Problem(
        "InvalidIdempotencyKey",
        400,
        "The idempotency key is not valid",
        "An `Idempotency-Key` is sent once, quoted or bare, and has 1 to 255 printable ASCII characters.",
    ),
)
