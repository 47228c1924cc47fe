from typing import Any

from pgw.domain.job import Job, JobStatus
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
    if job.failure is not None:
        document["error"] = {"code": job.failure.code, "detail": job.failure.detail}
    if job.status is JobStatus.COMPLETED:
        document["entityId"] = job.payment_id
    return document | {"createdAt": timestamp(job.created_at), "updatedAt": timestamp(job.updated_at)}
