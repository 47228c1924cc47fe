"""Which deliveries are asked for, from query parameters, or all that is wrong with those at once."""

from attrs import frozen
from werkzeug.datastructures import MultiDict

from pgw.domain.delivery import DeliveryKey, DeliveryStatus
from pgw.domain.errors import Invalid
from pgw.domain.result import Err, Ok, Result
from pgw.http.paging import (
    ENDPOINT_ID,
    PAYMENT_ID,
    read_choice,
    read_each_once,
    read_id,
    read_limit,
    wrong_parameter,
)
from pgw.storage.webhook_port import DeliveryFilter

_NAMES = ("endpointId", "paymentId", "status", "limit", "cursor")


@frozen
class DeliveryQuery:
    wanted: DeliveryFilter
    before: DeliveryKey | None
    limit: int


def read_query(given: MultiDict[str, str]) -> Result[DeliveryQuery, list[Invalid]]:
    """Read `endpointId`, `paymentId`, `status`, `limit` and `cursor`, each of them once at most."""
    invalid: list[Invalid] = []
    asked = read_each_once(given, _NAMES, invalid)
    cursor = asked.get("cursor")
    before = None if cursor is None else DeliveryKey.of(cursor)
    if cursor is not None and before is None:
        invalid.append(wrong_parameter("cursor", "the `nextCursor` of a page"))
    limit = read_limit(asked, invalid)
    wanted = DeliveryFilter(
        read_id(asked, "endpointId", ENDPOINT_ID, invalid),
        read_id(asked, "paymentId", PAYMENT_ID, invalid),
        read_choice(asked, "status", DeliveryStatus, invalid),
    )
    return Err(invalid) if invalid else Ok(DeliveryQuery(wanted, before, limit))
