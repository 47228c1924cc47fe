"""What the endpoints of payments take and answer."""

from typing import Any

from pgw.domain.card import Brand
from pgw.domain.errors import InvalidCode, Refusal
from pgw.domain.payment import Payment, PaymentStatus, VoidReason
from pgw.http.docs import lives
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Body, Operation, Parameter, Tag, closed, schema
from pgw.http.docs.parameters import IDEMPOTENCY_KEY
from pgw.http.docs.values import EXAMPLE_PAYMENT_ID
from pgw.http.jobs.description import FOLLOW_JOB, FOLLOW_PAYMENT, JOB_CREATED, OPERATE_ON_PAYMENT
from pgw.http.payments.order import LONGEST_DESCRIPTION, LONGEST_REFERENCE, MOST_METADATA
from pgw.http.payments.order_schema import CARD, EXAMPLES, ORDER
from pgw.http.payments.representation import payment_document
from pgw.http.payments.statuses import meanings

EXAMPLE_PAYMENT = lives.PAYMENT


def _only(status: PaymentStatus, member: str, *, is_required: bool = False) -> dict[str, Any]:
    """Say that a member is there with this status alone."""
    return {
        "if": {"properties": {"status": {"const": status}}},
        "then": {"required": [member]} if is_required else {},
        "else": {"properties": {member: False}},
    }


def _example(summary: str, payment: Payment) -> dict[str, Any]:
    return {"summary": summary, "value": payment_document(payment)}


PAYMENT = closed(
    {
        "paymentId": schema("PaymentId"),
        "status": {"type": "string", "enum": list(PaymentStatus), "description": meanings()},
        "card": schema("MaskedCard"),
        "price": schema("Price"),
        "captured": {**schema("Amount"), "description": "Taken so far; what is under way is not in it."},
        "refunded": {**schema("Amount"), "description": "Given back so far, as `captured`."},
        "description": {"type": ["string", "null"], "maxLength": LONGEST_DESCRIPTION},
        "reference": {"type": ["string", "null"], "maxLength": LONGEST_REFERENCE},
        "metadata": {
            "type": "object",
            "maxProperties": MOST_METADATA,
            "additionalProperties": {"type": "string"},
        },
        "declineCode": schema("DeclineCode"),
        "voidReason": {
            "type": "string",
            "enum": list(VoidReason),
            "description": "`requested`: by you. `expired`: it was not captured in time.",
        },
        "expiresAt": {
            **schema("Timestamp"),
            "description": "When the gateway gives it up unless something is captured. Absent where it was "
            "due and the bank refused.",
        },
        "createdAt": schema("Timestamp"),
        "updatedAt": schema("Timestamp"),
    },
    optional=("declineCode", "voidReason", "expiresAt"),
    allOf=[
        _only(PaymentStatus.DECLINED, "declineCode", is_required=True),
        _only(PaymentStatus.VOIDED, "voidReason", is_required=True),
        _only(PaymentStatus.AUTHORIZED, "expiresAt"),
    ],
)

SCHEMAS = {
    "Order": ORDER,
    "Card": CARD,
    "Payment": PAYMENT,
    "Price": closed({"currency": schema("Currency"), "amount": schema("Amount")}),
    "MaskedCard": closed(
        {
            "cardNumber": {
                "type": "string",
                "pattern": r"^\*{12}[0-9]{4}$",
                "description": "Masked to its last four digits.",
                "examples": ["************4242"],
            },
            "brand": {"type": "string", "enum": list(Brand)},
            "expiryMonth": {"type": "integer", "minimum": 1, "maximum": 12},
            "expiryYear": {"type": "integer", "minimum": 1000, "maximum": 9999},
        }
    ),
}

OF_ORDERS = tuple(code for code in InvalidCode if code is not InvalidCode.INVALID_URL)

SUBMIT = Operation(
    id="submitPayment",
    tag=Tag.PAYMENTS,
    summary="Pay with a card",
    description="Answers 202 and a job once the payment is on disk. What the bank says is told by the job: "
    "poll it at `Location`, let a request wait for it, or listen to its stream. All that is wrong with a "
    "request is listed at once. After a 500, or no answer at all, repeat it under the same "
    "`Idempotency-Key`: it never pays twice.",
    parameters=(IDEMPOTENCY_KEY,),
    body=Body("The amount, and the card that pays it.", schema("Order"), EXAMPLES),
    answers=(
        Answer(
            202,
            "The payment is accepted and on disk; its job is open.",
            schema("Job"),
            examples={"Created": {"summary": "The bank has not decided yet", "value": JOB_CREATED}},
            headers={"Location": header("Location"), "Idempotent-Replayed": header("IdempotentReplayed")},
            links={"job": FOLLOW_JOB, "payment": FOLLOW_PAYMENT, **OPERATE_ON_PAYMENT},
        ),
    ),
    problems=(
        *("MalformedRequest", *OF_ORDERS, "InvalidIdempotencyKey", "RequestTimeout"),
        *(Refusal.IDEMPOTENCY_KEY_IN_USE, "RequestTooLarge", "UnsupportedMediaType", "IdempotencyKeyReused"),
        *(Refusal.OVERLOADED, Refusal.SHUTTING_DOWN, Refusal.STORAGE_UNAVAILABLE),
    ),
)

PAYMENT_ID = Parameter(
    "paymentId",
    "path",
    "The `paymentId`, which is a completed job's `entityId`.",
    {"type": "string", "minLength": 1, "examples": [EXAMPLE_PAYMENT_ID]},
)

FETCH = Operation(
    id="getPayment",
    tag=Tag.PAYMENTS,
    summary="Fetch a payment",
    description="Another merchant's payment is answered as one that does not exist.",
    parameters=(PAYMENT_ID,),
    answers=(
        Answer(
            200,
            "The payment as it is now, its card masked.",
            schema("Payment"),
            examples={
                "Approved": _example("Charged", lives.APPROVED),
                "Authorized": _example("Reserved", lives.AUTHORIZED),
                "PartiallyCaptured": _example("Some of it captured", lives.CAPTURED_IN_PART.payment),
                "Declined": _example(
                    "The bank said no", EXAMPLE_PAYMENT.declined("insufficient_funds", lives.AT)
                ),
                "Voided": _example("Given up by you", lives.VOIDED.payment),
                "Expired": _example("Given up by the gateway", lives.EXPIRED.payment),
                "PartiallyRefunded": _example("Some of it given back", lives.REFUNDED_IN_PART.payment),
                "Refunded": _example("All of it given back", lives.REFUNDED.payment),
                "Unknown": _example("Being looked up", EXAMPLE_PAYMENT.doubted(lives.AT)),
            },
            links=OPERATE_ON_PAYMENT,
        ),
    ),
    problems=("UnknownPayment", Refusal.STORAGE_UNAVAILABLE),
)
