"""What captures, voids and refunds take and answer."""

from typing import Any

from pgw.domain.errors import InvalidCode, Refusal
from pgw.domain.job import Job
from pgw.domain.operation import OperationRefusal
from pgw.http.docs import lives
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Body, Operation, Tag, closed, schema
from pgw.http.docs.parameters import IDEMPOTENCY_KEY
from pgw.http.jobs.description import FOLLOW_JOB, FOLLOW_PAYMENT
from pgw.http.jobs.representation import job_document
from pgw.http.payments.description import PAYMENT_ID
from pgw.http.payments.operation_order import LONGEST_REASON
from pgw.http.payments.order_schema import ORDER, text

_AMOUNT = ORDER["properties"]["amount"] | {
    "description": "In major units of the payment's currency, as that of an order; all that is left where "
    "it is left out."
}
_REASON = "Your own words. 12 digits or more look like a card number, and are refused."
SCHEMAS = {
    "CaptureOrder": closed(
        {
            "amount": _AMOUNT,
            "final": {
                "type": "boolean",
                "default": False,
                "description": "True says that no more is captured, and frees the rest.",
            },
        },
        optional=("amount", "final"),
    ),
    "VoidOrder": closed({}),
    "RefundOrder": closed(
        {"amount": _AMOUNT, "reason": text(LONGEST_REASON, _REASON, "Returned")},
        optional=("amount", "reason"),
    ),
}
_IN_A_WHILE = (
    "Answers 202 and a job once it is on disk. Where the bank says no the job is `Failed`, and its `error` "
    "has the `declineCode`. Repeat it safely under an `Idempotency-Key`."
)
_REFUSED = (
    *("MalformedRequest", "InvalidIdempotencyKey", "RequestTimeout", "RequestTooLarge"),
    *("UnsupportedMediaType", "IdempotencyKeyReused", InvalidCode.UNKNOWN_PARAMETER),
    *(OperationRefusal.UNKNOWN_PAYMENT, OperationRefusal.OPERATION_IN_PROGRESS, "OperationNotSupported"),
    *(Refusal.IDEMPOTENCY_KEY_IN_USE, Refusal.OVERLOADED, Refusal.SHUTTING_DOWN, Refusal.STORAGE_UNAVAILABLE),
)


def _accepted(job: Job) -> tuple[Answer, ...]:
    return (
        Answer(
            202,
            "It is accepted and on disk; its job is open.",
            schema("Job"),
            examples={"Created": {"summary": "The bank has not done it yet", "value": job_document(job)}},
            headers={"Location": header("Location"), "Idempotent-Replayed": header("IdempotentReplayed")},
            links={"job": FOLLOW_JOB, "payment": FOLLOW_PAYMENT},
        ),
    )


def _body(name: str, examples: dict[str, Any]) -> Body:
    return Body("May be left out.", schema(name), examples, is_required=False)


CAPTURE = Operation(
    id="capturePayment",
    tag=Tag.PAYMENTS,
    summary="Capture what was reserved, or some of it",
    description="Takes what a payment ordered with `capture: false` has reserved: all that is left, or an "
    "amount. More can be captured until all is, or one is `final`. One capture at a time, and none after a "
    f"refund. {_IN_A_WHILE}",
    parameters=(PAYMENT_ID, IDEMPOTENCY_KEY),
    body=_body(
        "CaptureOrder",
        {
            "InPart": {"summary": "Some of it, and more may follow", "value": {"amount": 4}},
            "Last": {
                "summary": "Some of it, and the rest is freed",
                "value": {"amount": "3.50", "final": True},
            },
            "All": {"summary": "All that is left", "value": {}},
        },
    ),
    answers=_accepted(lives.CAPTURE.job),
    problems=(
        *(*_REFUSED, InvalidCode.INVALID_AMOUNT, InvalidCode.INVALID_PARAMETER),
        *(OperationRefusal.PAYMENT_NOT_CAPTURABLE, OperationRefusal.AMOUNT_TOO_LARGE),
    ),
)

VOID = Operation(
    id="voidPayment",
    tag=Tag.PAYMENTS,
    summary="Give up what was reserved",
    description="Frees all that a payment has reserved, while nothing of it is captured. A void whose answer "
    f"is lost is repeated until the bank answers. {_IN_A_WHILE}",
    parameters=(PAYMENT_ID, IDEMPOTENCY_KEY),
    body=_body("VoidOrder", {"All": {"summary": "There is nothing to say", "value": {}}}),
    answers=_accepted(lives.VOID.job),
    problems=(*_REFUSED, OperationRefusal.PAYMENT_NOT_VOIDABLE),
)

REFUND = Operation(
    id="refundPayment",
    tag=Tag.PAYMENTS,
    summary="Give back what was captured, or some of it",
    description="Gives back all that is left of what was captured, or an amount. Several refunds of one "
    "payment may be under way at once: what they are about is reserved when they are accepted, so that they "
    f"never give back more than was captured. {_IN_A_WHILE}",
    parameters=(PAYMENT_ID, IDEMPOTENCY_KEY),
    body=_body(
        "RefundOrder",
        {
            "InPart": {"summary": "Some of it", "value": {"amount": "4.00", "reason": "Returned"}},
            "All": {"summary": "All that is left", "value": {}},
        },
    ),
    answers=_accepted(lives.REFUND.job),
    problems=(
        *(*_REFUSED, InvalidCode.INVALID_AMOUNT, InvalidCode.INVALID_PARAMETER),
        *(InvalidCode.CARD_DATA_IN_TEXT, OperationRefusal.PAYMENT_NOT_REFUNDABLE),
        OperationRefusal.AMOUNT_TOO_LARGE,
    ),
)
