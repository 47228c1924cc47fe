"""Which jobs are asked for, from query parameters, or all that is wrong with those at once."""

import re
from collections.abc import Mapping

from pgw.domain.errors import Invalid
from pgw.domain.job import JobStatus, JobType
from pgw.domain.listing import JobFilter
from pgw.http.paging import wrong_parameter

FILTERS = ("status", "type", "paymentId")
PAYMENT_ID = r"pay_[0-9a-z]+"
_STATUSES, _TYPES = ", ".join(JobStatus), ", ".join(JobType)


def read_filter(given: Mapping[str, str], invalid: list[Invalid]) -> JobFilter:
    """Read `status`, `type` and `paymentId`, or note what is wrong with them."""
    status, kind, payment_id = (given.get(name) for name in FILTERS)
    if status is not None and status not in tuple(JobStatus):
        invalid.append(wrong_parameter("status", f"one of {_STATUSES}"))
        status = None
    if kind is not None and kind not in tuple(JobType):
        invalid.append(wrong_parameter("type", f"one of {_TYPES}"))
        kind = None
    if payment_id is not None and not re.fullmatch(PAYMENT_ID, payment_id):
        invalid.append(wrong_parameter("paymentId", "an id"))
    return JobFilter(
        None if status is None else JobStatus(status), None if kind is None else JobType(kind), payment_id
    )
