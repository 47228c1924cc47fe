"""What the list of jobs takes and answers."""

from pgw.domain.job import JobStatus, JobType
from pgw.http.docs.operation import Tag
from pgw.http.docs.pages import list_operation, page_schema, query_parameter
from pgw.http.docs.values import EXAMPLE_PAYMENT_ID
from pgw.http.jobs.description import JOB_COMPLETED
from pgw.http.paging import PAYMENT_ID

SCHEMAS = {"Jobs": page_schema("Job")}

LIST = list_operation(
    "listJobs",
    Tag.JOBS,
    "A job that was answered 202 is in it at once. Of a payment with very many operations, those with a "
    "`status` are looked for so many at a time: such a page may have fewer than `limit`, or none, and a "
    "`nextCursor` all the same.",
    (
        query_parameter("status", "Only those with this status.", type="string", enum=list(JobStatus)),
        query_parameter("type", "Only those of this operation.", type="string", enum=list(JobType)),
        query_parameter(
            *("paymentId", "Only those of this payment: itself, its captures, its void, its refunds."),
            type="string",
            pattern=f"^{PAYMENT_ID}$",
            examples=[EXAMPLE_PAYMENT_ID],
        ),
    ),
    JOB_COMPLETED,
)
