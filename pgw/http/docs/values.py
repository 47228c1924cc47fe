"""Schemas of values that several answers have."""

from pgw.domain.decline import DECLINES, DeclineCode
from pgw.domain.delivery import DeliveryKey
from pgw.domain.money import LARGEST_MINOR_UNITS, currency_codes
from pgw.http.docs.operation import closed

EXAMPLE_JOB_ID = "job_abkcbdgckhdkhaaalnbphkkpdminfcgi"
EXAMPLE_PAYMENT_ID = "pay_abkcbdgckhdkhaaakhcjooeikhgagfbj"
EXAMPLE_ENDPOINT_ID = "whe_abkcbdgckhdkhaaamdlfpjmkjgkcbeol"
EXAMPLE_DELIVERY_ID = DeliveryKey(1041, EXAMPLE_ENDPOINT_ID).id
EXAMPLE_SECRET = f"whsec_{'aPaymentGateway+' * 2}aSecret/one="
EXAMPLE_REQUEST_ID = "req_abkcbdgckhdkhaaajnebnnkpkhfpeegj"
EXAMPLE_TIME = "2026-11-22T14:36:57.563Z"

VALUES = {
    "JobId": {
        "type": "string",
        "pattern": "^job_[0-9a-z]+$",
        "description": "Opaque, and sorts by the time of its creation.",
        "examples": [EXAMPLE_JOB_ID],
    },
    "PaymentId": {
        "type": "string",
        "pattern": "^pay_[0-9a-z]+$",
        "description": "Opaque, and sorts by the time of its creation.",
        "examples": [EXAMPLE_PAYMENT_ID],
    },
    "EndpointId": {
        "type": "string",
        "pattern": "^whe_[0-9a-z]+$",
        "description": "Opaque, and sorts by the time of its creation.",
        "examples": [EXAMPLE_ENDPOINT_ID],
    },
    "DeliveryId": {
        "type": "string",
        "pattern": "^whd_[0-9a-z]+$",
        "description": "Opaque, and sorts by `sequence`. It is the `webhook-id` of each try.",
        "examples": [EXAMPLE_DELIVERY_ID],
    },
    "RequestId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9._~-]{1,128}$",
        "description": "Names this request in the logs too.",
        "examples": [EXAMPLE_REQUEST_ID],
    },
    "Timestamp": {
        "type": "string",
        "format": "date-time",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        "description": "RFC 3339, in UTC, to the millisecond.",
        "examples": [EXAMPLE_TIME],
    },
    "Amount": {
        "type": "number",
        "minimum": 0,
        "maximum": LARGEST_MINOR_UNITS,
        "description": "In major units, with exactly the decimals of the currency.",
        "examples": [10.5],
    },
    "Currency": {
        "type": "string",
        "enum": list(currency_codes()),
        "description": "The code of an active currency of ISO 4217.",
        "examples": ["EUR"],
    },
    "DeclineCode": {
        "type": "string",
        "enum": list(DeclineCode),
        "description": "Why the bank said no, and what to do about it.\n\n"
        + "\n".join(f"- `{code}`: {decline.description}" for code, decline in DECLINES.items()),
        "examples": [DeclineCode.INSUFFICIENT_FUNDS],
    },
    "InvalidMember": closed(
        {
            "code": {"type": "string", "description": "What is wrong with it."},
            "pointer": {
                "type": "string",
                "pattern": "^#",
                "description": "Where it is: a JSON Pointer (RFC 6901) into the request, as a URI fragment.",
            },
            "detail": {"type": "string", "description": "A sentence on it, which never repeats the value."},
        },
        description="One member that breaks one rule.",
    ),
}
