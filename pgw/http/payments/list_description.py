"""What the list of payments takes and answers."""

from datetime import UTC, datetime

from pgw.domain.payment import PaymentStatus
from pgw.http.docs.operation import Tag
from pgw.http.docs.pages import list_operation, page_schema, query_parameter
from pgw.http.payments.description import EXAMPLE_PAYMENT
from pgw.http.payments.order import LONGEST_REFERENCE
from pgw.http.payments.representation import payment_document
from pgw.http.times import TIME_PATTERN

_AT = datetime(2026, 11, 22, 14, 36, 57, 897000, tzinfo=UTC)
_TIME = {"type": "string", "format": "date-time", "pattern": TIME_PATTERN}

SCHEMAS = {"Payments": page_schema("Payment")}

LIST = list_operation(
    "listPayments",
    Tag.PAYMENTS,
    "A payment that was answered 202 is in it at once. Of a `reference` that very many payments have, those "
    "with a `status` are looked for so many at a time: such a page may have fewer than `limit`, or none, and "
    "a `nextCursor` all the same.",
    (
        query_parameter("status", "Only those with this status.", type="string", enum=list(PaymentStatus)),
        query_parameter(
            *("reference", "Only those with this very reference of yours."),
            type="string",
            maxLength=LONGEST_REFERENCE,
            examples=["order-17"],
        ),
        query_parameter(
            "createdFrom",
            "Only those made at this time or later: RFC 3339, with an offset or `Z`. In a query a `+` is "
            "spelled `%2B`.",
            **_TIME,
            examples=["2026-11-22T00:00:00+01:00"],
        ),
        query_parameter(
            "createdTo",
            "Only those made before this time, which itself is not meant any more: a day is from one "
            "midnight to the next.",
            **_TIME,
            examples=["2026-11-23T00:00:00+01:00"],
        ),
    ),
    payment_document(EXAMPLE_PAYMENT.authorized(_AT)),
)
