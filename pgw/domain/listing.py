"""Lists of what a merchant has, the newest first and page by page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, TypeVar

from attrs import frozen

from pgw.domain.job import JobStatus, JobType
from pgw.domain.payment import PaymentStatus

Row = TypeVar("Row")


@frozen(order=True)
class Place:
    """Where a row stands in its list: by the time that it shows, and by its id within a millisecond.

    Neither changes ever, and no two rows have both, so whoever goes on before the last place of a page meets
    each row once, whatever is added or becomes of any meanwhile. Ids alone would do for that too, and would
    keep the order of acceptance where the wall clock steps back; but then a list would not be in the order of
    the times that it shows, nor a stretch of time a stretch of the list.
    """

    created_at: datetime
    id: str


@frozen
class PaymentFilter:
    """Which payments are asked for: those that are all of what is given.

    `created_from` is the first moment that is meant, `created_to` the first that no longer is.
    """

    status: PaymentStatus | None = None
    reference: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


@frozen
class JobFilter:
    """Which jobs are asked for: those that are all of what is given."""

    status: JobStatus | None = None
    type: JobType | None = None
    payment_id: str | None = None


@frozen
class Page(Generic[Row]):
    """Rows of a list, and the place before which there may be more; None where there are none.

    A page that is looked for among very many others ends early: it may have fewer rows than were asked for,
    or none, and go on all the same.
    """

    rows: Sequence[Row]
    goes_on_before: Place | None
