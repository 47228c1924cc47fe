"""Which deliveries are asked for, from query parameters, or all that is wrong with those at once."""

import re

from attrs import frozen
from werkzeug.datastructures import MultiDict

from pgw.domain.delivery import DeliveryKey, DeliveryStatus
from pgw.domain.errors import Invalid
from pgw.domain.result import Err, Ok, Result
from pgw.http.paging import read_each_once, read_limit, wrong_parameter
from pgw.storage.webhook_port import DeliveryFilter

ENDPOINT_ID, PAYMENT_ID = r"whe_[0-9a-z]+", r"pay_[0-9a-z]+"
_NAMES = ("endpointId", "paymentId", "status", "limit", "cursor")
_STATUSES = ", ".join(DeliveryStatus)


@frozen
class DeliveryQuery:
    wanted: DeliveryFilter
    before: DeliveryKey | None
    limit: int


def read_query(given: MultiDict[str, str]) -> Result[DeliveryQuery, list[Invalid]]:
    """Read `endpointId`, `paymentId`, `status`, `limit` and `cursor`, each of them once at most."""
    invalid: list[Invalid] = []
    asked = read_each_once(given, _NAMES, invalid)
    status, cursor = asked.get("status"), asked.get("cursor")
    before = None if cursor is None else DeliveryKey.of(cursor)
    if cursor is not None and before is None:
        invalid.append(wrong_parameter("cursor", "the `nextCursor` of a page"))
    limit = read_limit(asked, invalid)
    for name, form in (("endpointId", ENDPOINT_ID), ("paymentId", PAYMENT_ID)):
        if name in asked and not re.fullmatch(form, asked[name]):
            invalid.append(wrong_parameter(name, "an id"))
    if status is not None and status not in tuple(DeliveryStatus):
        invalid.append(wrong_parameter("status", f"one of {_STATUSES}"))
    if invalid:
        return Err(invalid)
    wanted = DeliveryFilter(
        asked.get("endpointId"), asked.get("paymentId"), None if status is None else DeliveryStatus(status)
    )
    return Ok(DeliveryQuery(wanted, before, limit))
