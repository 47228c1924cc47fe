"""Which payments are asked for, from query parameters, or all that is wrong with those at once."""

from collections.abc import Mapping
from datetime import datetime

from pgw.domain.errors import Invalid
from pgw.domain.listing import PaymentFilter
from pgw.domain.payment import PaymentStatus
from pgw.http.paging import read_choice, wrong_parameter
from pgw.http.payments.order import LONGEST_REFERENCE
from pgw.http.times import read_time

FILTERS = ("status", "reference", "createdFrom", "createdTo")
_A_TIME = "an RFC 3339 time with an offset or `Z`, in which a `+` is spelled `%2B`"


def read_filter(given: Mapping[str, str], invalid: list[Invalid]) -> PaymentFilter:
    """Read `status`, `reference`, `createdFrom` and `createdTo`, or note what is wrong with them."""
    status, reference = read_choice(given, "status", PaymentStatus, invalid), given.get("reference")
    if reference is not None and len(reference) > LONGEST_REFERENCE:
        invalid.append(wrong_parameter("reference", f"at most {LONGEST_REFERENCE} characters long"))
    created_from, created_to = (_time(given, name, invalid) for name in ("createdFrom", "createdTo"))
    if created_from and created_to and created_to < created_from:
        invalid.append(wrong_parameter("createdTo", "no earlier than `createdFrom`"))
    return PaymentFilter(status, reference, created_from, created_to)


def _time(given: Mapping[str, str], name: str, invalid: list[Invalid]) -> datetime | None:
    if name not in given:
        return None
    at = read_time(given[name])
    if at is None:
        invalid.append(wrong_parameter(name, _A_TIME))
    return at
