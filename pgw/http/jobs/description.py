"""What the endpoints of jobs take and answer."""

from typing import Any

from attrs import evolve

from pgw.domain.errors import FailureCode, Refusal
from pgw.domain.job import Job, JobFailure, JobStatus, JobType
from pgw.domain.payment import PaymentStatus
from pgw.http.docs import lives
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Operation, Parameter, Tag, closed, schema
from pgw.http.docs.values import EXAMPLE_JOB_ID
from pgw.http.jobs.representation import job_document
from pgw.http.payments.operation_order import LONGEST_REASON
from pgw.http.payments.statuses import meanings

EXAMPLE_LATER = lives.LATER
EXAMPLE_JOB = Job.opened(EXAMPLE_JOB_ID, lives.PAYMENT, "")


def _ended(payment_status: PaymentStatus, failure: JobFailure | None = None) -> dict[str, Any]:
    status = JobStatus.FAILED if failure else JobStatus.COMPLETED
    ended = evolve(
        EXAMPLE_JOB, status=status, payment_status=payment_status, failure=failure, updated_at=EXAMPLE_LATER
    )
    return job_document(ended)


JOB_CREATED = job_document(EXAMPLE_JOB)
JOB_COMPLETED = _ended(PaymentStatus.APPROVED)
_REJECTED = JobFailure(FailureCode.BANK_REJECTED, "The bank refused the request.")
_JOB_EXAMPLES = {
    "Created": {"summary": "The bank has not decided yet", "value": JOB_CREATED},
    "Approved": {"summary": "Completed: charged", "value": JOB_COMPLETED},
    "Declined": {
        "summary": "Completed: the bank said no",
        "value": _ended(PaymentStatus.DECLINED),
    },
    "Failed": {
        "summary": "Failed: no money moved",
        "value": _ended(PaymentStatus.FAILED, _REJECTED),
    },
    "Captured": {"summary": "A part is captured", "value": job_document(lives.CAPTURED_IN_PART.job)},
    "CaptureDeclined": {
        "summary": "Failed: the bank said no to a capture",
        "value": job_document(lives.CAPTURE_DECLINED.job),
    },
    "Voided": {"summary": "What was reserved is given up", "value": job_document(lives.VOIDED.job)},
    "VoidDeclined": {
        "summary": "Failed: the bank said no to a void",
        "value": job_document(lives.VOID_DECLINED.job),
    },
    "Refund": {"summary": "A refund is under way", "value": job_document(lives.REFUND.job)},
    "Refunded": {"summary": "Some of it is given back", "value": job_document(lives.REFUNDED_IN_PART.job)},
    "RefundDeclined": {
        "summary": "Failed: the bank said no to a refund",
        "value": job_document(lives.REFUND_DECLINED.job),
    },
}


def _is(status: JobStatus) -> dict[str, Any]:
    return {"properties": {"status": {"const": status}}}


def _of(kind: JobType) -> dict[str, Any]:
    return {"properties": {"type": {"const": kind}}}


JOB = closed(
    {
        "jobId": schema("JobId"),
        "type": {"type": "string", "enum": list(JobType), "description": "The operation."},
        "status": {
            "type": "string",
            "enum": list(JobStatus),
            "description": "`Created` until the outcome is known. `Completed`: the bank did it, or decided "
            "on a payment, also where it said no. `Failed`: this operation moved no money, and the gateway "
            "knows it, also where the bank said no to a capture, a void or a refund.",
        },
        "paymentId": schema("PaymentId"),
        "paymentStatus": {
            "type": "string",
            "enum": list(PaymentStatus),
            "description": f"That of the payment when the job last changed. {meanings()}",
        },
        "amount": {**schema("Amount"), "description": "What the operation is about, in major units."},
        "final": {
            "type": "boolean",
            "description": "Of a capture: whether it is the last, and the rest is not captured any more.",
        },
        "reason": {
            "type": "string",
            "maxLength": LONGEST_REASON,
            "description": "Of a refund: your own words, where you gave some.",
            "examples": ["Returned"],
        },
        "error": schema("JobFailure"),
        "entityId": schema("PaymentId"),
        "createdAt": schema("Timestamp"),
        "updatedAt": schema("Timestamp"),
    },
    optional=("error", "entityId", "final", "reason"),
    allOf=[
        {
            "if": _is(JobStatus.COMPLETED),
            "then": {"required": ["entityId"], "properties": {"error": False}},
            "else": {
                "properties": {"entityId": False},
                "if": _is(JobStatus.FAILED),
                "then": {"required": ["error"]},
                "else": {"properties": {"error": False}},
            },
        },
        {
            "if": _of(JobType.CAPTURE),
            "then": {"required": ["final"]},
            "else": {"properties": {"final": False}},
        },
        {"if": _of(JobType.REFUND), "else": {"properties": {"reason": False}}},
    ],
)

_DECLINED = [FailureCode.CAPTURE_DECLINED, FailureCode.VOID_DECLINED, FailureCode.REFUND_DECLINED]
SCHEMAS = {
    "Job": JOB,
    "JobFailure": closed(
        {
            "code": {"type": "string", "enum": list(FailureCode)},
            "detail": {"type": "string"},
            "declineCode": schema("DeclineCode"),
        },
        optional=("declineCode",),
        description="Why no money moved, once the job is `Failed`.",
        **{
            "if": {"properties": {"code": {"enum": _DECLINED}}},
            "then": {"required": ["declineCode"]},
            "else": {"properties": {"declineCode": False}},
        },
    ),
}

JOB_ID = Parameter(
    "jobId",
    "path",
    "The `jobId` that the operation was answered with.",
    {"type": "string", "minLength": 1, "examples": [EXAMPLE_JOB_ID]},
)

FOLLOW_JOB = {
    "operationId": "getJob",
    "parameters": {"jobId": "$response.body#/jobId"},
    "description": "Poll the job, or wait for its next change.",
}
FOLLOW_PAYMENT = {
    "operationId": "getPayment",
    "parameters": {"paymentId": "$response.body#/paymentId"},
    "description": "Fetch the payment.",
}

OPERATE_ON_PAYMENT = {
    name: {**FOLLOW_PAYMENT, "operationId": f"{name}Payment", "description": description}
    for name, description in (
        ("capture", "Capture it, while it is `Authorized` or `PartiallyCaptured`."),
        ("void", "Void it, while it is `Authorized`."),
        ("refund", "Refund what was captured."),
    )
}

FETCH = Operation(
    id="getJob",
    tag=Tag.JOBS,
    summary="Poll a job, or wait for its next change",
    description="Answers at once; with `Prefer: wait=10` at the next change, or after so many seconds "
    "without one. A *declined* payment is a `Completed` job. While an outcome is unknown the job stays "
    "`Created`.",
    parameters=(
        JOB_ID,
        Parameter(
            "Prefer",
            "header",
            "`wait=N` answers an open job at its next change, after N seconds at most (RFC 7240; at most "
            "30). Other preferences are ignored.",
            {"type": "string", "examples": ["wait=10"]},
        ),
    ),
    answers=(
        Answer(
            200,
            "The job.",
            schema("Job"),
            examples=_JOB_EXAMPLES,
            headers={
                "Retry-After": header("RetryAfterWhileOpen"),
                "Preference-Applied": header("PreferenceApplied"),
            },
            links={"again": FOLLOW_JOB, "payment": FOLLOW_PAYMENT},
        ),
    ),
    problems=("UnknownJob", Refusal.STORAGE_UNAVAILABLE),
)
