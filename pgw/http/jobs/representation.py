from typing import Any

from pgw.domain.decline import listed
from pgw.domain.job import Job, JobFailure, JobStatus, JobType
from pgw.http.answers import timestamp


def job_document(job: Job) -> dict[str, Any]:
    """Return the public JSON of a job."""
    document: dict[str, Any] = {
        "jobId": job.id,
        "type": job.type,
        "status": job.status,
        "paymentId": job.payment_id,
        "paymentStatus": job.payment_status,
        "amount": job.amount.major_units,
    }
    if job.type is JobType.CAPTURE:
        document["final"] = job.is_final
    if job.reason is not None:
        document["reason"] = job.reason
    if job.failure is not None:
        document["error"] = _error_document(job.failure)
    if job.status is JobStatus.COMPLETED:
        document["entityId"] = job.payment_id
    return document | {"createdAt": timestamp(job.created_at), "updatedAt": timestamp(job.updated_at)}


def _error_document(failure: JobFailure) -> dict[str, Any]:
    document = {"code": failure.code, "detail": failure.detail}
    if failure.decline_code is None:
        return document
    return document | {"declineCode": listed(failure.decline_code)}
