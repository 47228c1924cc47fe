"""What the endpoints of payments take and answer."""

from datetime import UTC, datetime
from typing import Any

from attrs import evolve

from pgw.domain.card import Brand, Expiry, MaskedCard
from pgw.domain.errors import InvalidCode, Refusal
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentStatus
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Body, Operation, Parameter, Tag, closed, schema
from pgw.http.docs.parameters import IDEMPOTENCY_KEY
from pgw.http.docs.values import EXAMPLE_PAYMENT_ID
from pgw.http.jobs.description import FOLLOW_JOB, FOLLOW_PAYMENT, JOB_CREATED
from pgw.http.payments.order import LONGEST_DESCRIPTION, LONGEST_REFERENCE, MOST_METADATA
from pgw.http.payments.order_schema import CARD, EXAMPLES, ORDER
from pgw.http.payments.representation import payment_document

_AT = datetime(2026, 11, 22, 14, 36, 57, 563000, tzinfo=UTC)
EXAMPLE_PAYMENT = Payment(
    id=EXAMPLE_PAYMENT_ID,
    merchant_id="",
    status=PaymentStatus.CREATED,
    amount=Money(1050, Currency("EUR", 2)),
    card=MaskedCard("4242", Brand.VISA, Expiry(11, 2034)),
    capture=True,
    captured=0,
    refunded=0,
    description="Order 17",
    reference="order-17",
    metadata={},
    bank="",
    decline_code=None,
    created_at=_AT,
    updated_at=_AT,
    authorization_reference="",
)


def _is(status: PaymentStatus) -> dict[str, Any]:
    return {"properties": {"status": {"const": status}}}


PAYMENT = closed(
    {
        "paymentId": schema("PaymentId"),
        "status": {
            "type": "string",
            "enum": list(PaymentStatus),
            "description": "`Created`: on disk, and the bank has not decided. `Approved`: charged. "
            "`Authorized`: reserved. `Declined`: the bank said no. `Failed`: never charged, and the job "
            "says why. `Unknown`: the bank was asked and no answer is known; it is being looked up.",
        },
        "card": schema("MaskedCard"),
        "price": schema("Price"),
        "captured": schema("Amount"),
        "refunded": schema("Amount"),
        "description": {"type": ["string", "null"], "maxLength": LONGEST_DESCRIPTION},
        "reference": {"type": ["string", "null"], "maxLength": LONGEST_REFERENCE},
        "metadata": {
            "type": "object",
            "maxProperties": MOST_METADATA,
            "additionalProperties": {"type": "string"},
        },
        "declineCode": schema("DeclineCode"),
        "createdAt": schema("Timestamp"),
        "updatedAt": schema("Timestamp"),
    },
    optional=("declineCode",),
    **{
        "if": _is(PaymentStatus.DECLINED),
        "then": {"required": ["declineCode"]},
        "else": {"properties": {"declineCode": False}},
    },
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
            links={"job": FOLLOW_JOB, "payment": FOLLOW_PAYMENT},
        ),
    ),
    problems=(
        *("MalformedRequest", *OF_ORDERS, "InvalidIdempotencyKey", "RequestTimeout"),
        *(Refusal.IDEMPOTENCY_KEY_IN_USE, "RequestTooLarge", "UnsupportedMediaType", "IdempotencyKeyReused"),
        *(Refusal.OVERLOADED, Refusal.SHUTTING_DOWN, Refusal.STORAGE_UNAVAILABLE),
    ),
)

FETCH = Operation(
    id="getPayment",
    tag=Tag.PAYMENTS,
    summary="Fetch a payment",
    description="Another merchant's payment is answered as one that does not exist.",
    parameters=(
        Parameter(
            "paymentId",
            "path",
            "The `paymentId`, which is a completed job's `entityId`.",
            {
                "type": "string",
                "minLength": 1,
                "examples": [EXAMPLE_PAYMENT_ID],
            },
        ),
    ),
    answers=(
        Answer(
            200,
            "The payment as it is now, its card masked.",
            schema("Payment"),
            examples={
                "Approved": {
                    "summary": "Charged",
                    "value": payment_document(EXAMPLE_PAYMENT.authorized(_AT)),
                },
                "Authorized": {
                    "summary": "Reserved",
                    "value": payment_document(evolve(EXAMPLE_PAYMENT, capture=False).authorized(_AT)),
                },
                "Declined": {
                    "summary": "The bank said no",
                    "value": payment_document(EXAMPLE_PAYMENT.declined("insufficient_funds", _AT)),
                },
                "Unknown": {
                    "summary": "Being looked up",
                    "value": payment_document(EXAMPLE_PAYMENT.doubted(_AT)),
                },
            },
        ),
    ),
    problems=("UnknownPayment", Refusal.STORAGE_UNAVAILABLE),
)
