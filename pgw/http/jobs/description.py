"""What the endpoints of jobs take and answer."""

from datetime import UTC, datetime
from typing import Any

from attrs import evolve

from pgw.domain.errors import FailureCode, Refusal
from pgw.domain.job import Job, JobFailure, JobStatus, JobType
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentStatus
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Operation, Parameter, Tag, closed, schema
from pgw.http.docs.values import EXAMPLE_JOB_ID, EXAMPLE_PAYMENT_ID
from pgw.http.jobs.representation import job_document

_AT = datetime(2026, 11, 22, 14, 36, 57, 563000, tzinfo=UTC)
EXAMPLE_LATER = datetime(2026, 11, 22, 14, 36, 57, 897000, tzinfo=UTC)
EXAMPLE_JOB = Job(
    id=EXAMPLE_JOB_ID,
    merchant_id="",
    type=JobType.PAYMENT,
    status=JobStatus.CREATED,
    payment_id=EXAMPLE_PAYMENT_ID,
    payment_status=PaymentStatus.CREATED,
    amount=Money(1050, Currency("EUR", 2)),
    failure=None,
    request_id="",
    created_at=_AT,
    updated_at=_AT,
)


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
}


def _is(status: JobStatus) -> dict[str, Any]:
    return {"properties": {"status": {"const": status}}}


JOB = closed(
    {
        "jobId": schema("JobId"),
        "type": {"type": "string", "enum": list(JobType), "description": "The operation."},
        "status": {
            "type": "string",
            "enum": list(JobStatus),
            "description": "`Created` until the outcome is known. `Completed`: the bank decided, also "
            "where it said no. `Failed`: no money moved, and the gateway knows it.",
        },
        "paymentId": schema("PaymentId"),
        "paymentStatus": {
            "type": "string",
            "enum": list(PaymentStatus),
            "description": "That of the payment.",
        },
        "amount": schema("Amount"),
        "error": schema("JobFailure"),
        "entityId": schema("PaymentId"),
        "createdAt": schema("Timestamp"),
        "updatedAt": schema("Timestamp"),
    },
    optional=("error", "entityId"),
    **{
        "if": _is(JobStatus.COMPLETED),
        "then": {"required": ["entityId"], "properties": {"error": False}},
        "else": {
            "properties": {"entityId": False},
            "if": _is(JobStatus.FAILED),
            "then": {"required": ["error"]},
            "else": {"properties": {"error": False}},
        },
    },
)

SCHEMAS = {
    "Job": JOB,
    "JobFailure": closed(
        {"code": {"type": "string", "enum": list(FailureCode)}, "detail": {"type": "string"}},
        description="Why no money moved, once the job is `Failed`.",
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
