"""What is wrong with a capture, a void or a refund: nothing of it was kept."""

from pgw.domain.operation import OperationRefusal
from pgw.http.problems.problem import Problem

OF_OPERATIONS = (
    Problem(
        OperationRefusal.PAYMENT_NOT_CAPTURABLE,
        409,
        "The payment is not one that can be captured",
        "Nothing was accepted. Only what is reserved can be taken: a payment that was ordered with `capture: "
        "false`, until all of it or a final part is captured, until it is voided, and before any refund. "
        "Fetch the payment to see what became of it.",
    ),
    Problem(
        OperationRefusal.PAYMENT_NOT_VOIDABLE,
        409,
        "The payment is not one that can be voided",
        "Nothing was accepted. Only a payment of which nothing was captured can be voided, once it is "
        "`Authorized`. What was taken can be refunded; what is left behind a part that was captured is given "
        "up by a final capture.",
    ),
    Problem(
        OperationRefusal.PAYMENT_NOT_REFUNDABLE,
        409,
        "The payment is not one that can be refunded",
        "Nothing was accepted. Only what was taken can be given back. Void a payment that is `Authorized`; "
        "fetch any other to see what became of it.",
    ),
    Problem(
        OperationRefusal.AMOUNT_TOO_LARGE,
        409,
        "The amount is more than is left",
        "Nothing was accepted. Captures take no more than was authorized, and refunds give back no more than "
        "was captured, those that are under way included. Ask for what the detail says is left, or leave "
        "`amount` out to mean all of it.",
    ),
    Problem(
        OperationRefusal.OPERATION_IN_PROGRESS,
        409,
        "Another operation on the payment is under way",
        "Nothing was accepted. A capture or a void is alone at work on its payment, and neither begins while "
        "a refund is under way. Wait for its job to end, then send the request again.",
    ),
    Problem(
        "OperationNotSupported",
        409,
        "The bank does not offer this operation",
        "Nothing was accepted, and sending the request again does not help: the gateway's operator knows by "
        "what other means this bank does it (`PGW_BANK_FEATURES` says what it offers).",
    ),
)
