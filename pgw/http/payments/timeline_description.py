"""What `GET /payments/{id}/events` takes and answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pgw.domain.errors import InvalidCode, Refusal
from pgw.domain.job import JobStatus
from pgw.domain.payment import PaymentStatus
from pgw.domain.timeline import By, Fact, Happening, RecordedEntry, TimelineEntry
from pgw.http.docs.operation import Answer, Operation, Tag, closed, schema
from pgw.http.docs.pages import limit_parameter, query_parameter
from pgw.http.docs.values import EXAMPLE_JOB_ID, EXAMPLE_REQUEST_ID
from pgw.http.paging import LONGEST_PAGE
from pgw.http.payments.description import PAYMENT_ID
from pgw.http.payments.fetch_events import CURSOR
from pgw.http.payments.timeline_representation import entry_document

_AT = datetime(2026, 11, 22, 14, 36, 57, 563000, tzinfo=UTC)
_REFERENCE = "ref_abkcbdgckhdkhaaabmpkfohhlmhgdkaf"


def _text(description: str, *examples: str) -> dict[str, Any]:
    return {"type": "string", "description": description, "examples": list(examples)}


def _count(description: str, least: int = 0) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "description": description, "examples": [least + 1]}


_COMMON = {
    "number": _count("Counts the entries of this payment.", 1),
    "type": {
        "type": "string",
        "enum": list(Happening),
        "description": "`requested`: you asked for an operation, or the gateway began one; the intent to "
        "send it under a reference is on disk with it, before anything is sent. `submitted`, `lookedUp` and "
        "`reversed`: the bank was asked, and what it answered. `reversalIntended`: from here on no approval "
        "is taken over. `settled`: a person said what became of it. `flagged`: a person is to look at it. "
        "`webhookTried`: an endpoint of yours was told.",
    },
    "at": schema("Timestamp"),
    "by": {"type": "string", "enum": list(By), "description": "From whom it came."},
    "jobId": schema("JobId"),
}
_FACTS = {
    "operation": _text("What was asked for: a job's `type`.", "payment"),
    "requestId": _text("The `X-Request-Id` of the request that asked for it.", EXAMPLE_REQUEST_ID),
    "amount": schema("Amount"),
    "currency": schema("Currency"),
    "reason": _text("What you gave as the reason.", "Returned"),
    "voidReason": _text("Why an authorization was released.", "requested"),
    "bankReference": _text("Under which the bank knows the operation.", _REFERENCE),
    "attempt": _count("How many times it was sent so far, under the one reference.", 1),
    "answer": _text("What the bank said; `noCleanAnswer` where the outcome is unknown.", "authorized"),
    "authorizationCode": _text("The bank's, of an authorization.", "A7F3Q2"),
    "declineCode": {**schema("DeclineCode"), "description": "Why the bank said no."},
    "bankCode": _text("The bank's own word for that, where it is another.", "51"),
    "because": _text("The code that the job fails with once it is reversed.", "Interrupted"),
    "verdict": _text("What the person said.", "succeeded"),
    "flag": _text("Why a person is to look at it.", "StillUnknown"),
    "endpointId": schema("EndpointId"),
    "deliveryId": schema("DeliveryId"),
    "try": _count("Which try of the delivery it was.", 1),
    "statusCode": {"type": "integer", "description": "Of your endpoint's answer.", "examples": [200]},
    "error": _text("Why there was no answer.", "No answer came in time."),
    "milliseconds": _count("How long the answer took, or was waited for."),
    "jobStatus": {"type": "string", "enum": list(JobStatus), "description": "The job's from here on."},
    "paymentStatus": {
        "type": "string",
        "enum": list(PaymentStatus),
        "description": "The payment's from here on.",
    },
}
SCHEMAS = {
    "PaymentEvent": closed(_COMMON | _FACTS, optional=tuple(_FACTS)),
    "PaymentEvents": closed(
        {
            "data": {"type": "array", "maxItems": LONGEST_PAGE, "items": schema("PaymentEvent")},
            "nextCursor": _text("There where the page is not the last.", "100"),
        },
        optional=("nextCursor",),
    ),
}


def _entry(number: int, what: Happening, by: By, seconds: float, **facts: Fact) -> dict[str, Any]:
    at = _AT + timedelta(seconds=seconds)
    return entry_document(RecordedEntry(number, EXAMPLE_JOB_ID, TimelineEntry(what, by, at, facts)))


_BEGUN = [
    _entry(
        *(1, Happening.REQUESTED, By.MERCHANT, 0),
        operation="payment",
        requestId=EXAMPLE_REQUEST_ID,
        amount=1050,
        currency="EUR",
        exponent=2,
        reference=_REFERENCE,
        jobStatus=JobStatus.CREATED,
        paymentStatus=PaymentStatus.CREATED,
    ),
]
_LOST = _entry(
    *(2, Happening.SUBMITTED, By.BANK, 0.004),
    reference=_REFERENCE,
    attempt=1,
    answer="noCleanAnswer",
    milliseconds=10000,
    jobStatus=JobStatus.CREATED,
    paymentStatus=PaymentStatus.UNKNOWN,
)
_FOUND = _entry(
    *(3, Happening.LOOKED_UP, By.BANK, 12.1),
    reference=_REFERENCE,
    answer="authorized",
    authorizationCode="A7F3Q2",
    milliseconds=41,
    jobStatus=JobStatus.COMPLETED,
    paymentStatus=PaymentStatus.APPROVED,
)

LIST = Operation(
    id="listPaymentEvents",
    tag=Tag.PAYMENTS,
    summary="See what happened to a payment",
    description="Why it is as it is: what was asked for, what was sent to the bank and what that answered, "
    "look-ups, reversals, webhooks, in the order in which it was written, the oldest first. Kept for as long "
    "as the payment. Another merchant's payment is answered as one that does not exist.",
    parameters=(
        PAYMENT_ID,
        limit_parameter(LONGEST_PAGE),
        query_parameter(
            *("cursor", "The `nextCursor` of the page before."),
            type="string",
            pattern=f"^{CURSOR}$",
            examples=["100"],
        ),
    ),
    answers=(
        Answer(
            200,
            "A page of its timeline.",
            schema("PaymentEvents"),
            examples={
                "LookedUp": {
                    "summary": "The bank's answer was lost, and looked up",
                    "value": {"data": [*_BEGUN, _LOST, _FOUND]},
                },
                "Page": {"summary": "There are more", "value": {"data": _BEGUN, "nextCursor": "1"}},
            },
        ),
    ),
    problems=(
        InvalidCode.INVALID_PARAMETER,
        InvalidCode.UNKNOWN_PARAMETER,
        "UnknownPayment",
        Refusal.STORAGE_UNAVAILABLE,
    ),
)
