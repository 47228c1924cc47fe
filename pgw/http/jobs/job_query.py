"""Which jobs are asked for, from query parameters, or all that is wrong with those at once."""

from collections.abc import Mapping

from pgw.domain.errors import Invalid
from pgw.domain.job import JobStatus, JobType
from pgw.domain.listing import JobFilter
from pgw.http.paging import PAYMENT_ID, read_choice, read_id

FILTERS = ("status", "type", "paymentId")


def read_filter(given: Mapping[str, str], invalid: list[Invalid]) -> JobFilter:
    """Read `status`, `type` and `paymentId`, or note what is wrong with them."""
    return JobFilter(
        read_choice(given, "status", JobStatus, invalid),
        read_choice(given, "type", JobType, invalid),
        read_id(given, "paymentId", PAYMENT_ID, invalid),
    )
