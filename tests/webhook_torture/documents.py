"""What a webhook must say, put together from the rows of the gateway's file and nothing of its code."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

COLUMNS = """
    SELECT events.seq, events.type, occurred_at, events.status, events.payment_status, events.failure_code,
        events.failure_detail, events.captured, events.refunded, events.decline_code,
        jobs.id AS job_id, jobs.type AS job_type, jobs.amount AS job_amount,
        jobs.created_at AS job_created_at,
        payments.id AS payment_id, payments.amount, payments.currency, payments.exponent, card_last_four,
        card_brand, card_expiry_month, card_expiry_year, description, payments.reference,
        payments.created_at AS payment_created_at
    FROM events JOIN jobs ON jobs.id = events.job_id JOIN payments ON payments.id = jobs.payment_id
    WHERE events.merchant_id = ? ORDER BY events.seq
"""
Row = Mapping[str, Any]


def document_of(row: Row) -> dict[str, Any]:
    return {
        "type": row["type"],
        "timestamp": _time(row["occurred_at"]),
        "data": {"sequence": row["seq"], "job": _job(row), "payment": _payment(row)},
    }


def _job(row: Row) -> dict[str, Any]:
    document = {
        "jobId": row["job_id"],
        "type": row["job_type"],
        "status": row["status"],
        "paymentId": row["payment_id"],
        "paymentStatus": row["payment_status"],
        "amount": _major(row, "job_amount"),
        "createdAt": _time(row["job_created_at"]),
        "updatedAt": _time(row["occurred_at"]),
    }
    if row["failure_code"] is not None:
        document["error"] = {"code": row["failure_code"], "detail": row["failure_detail"]}
    if row["status"] == "Completed":
        document["entityId"] = row["payment_id"]
    return document


def _payment(row: Row) -> dict[str, Any]:
    document = {
        "paymentId": row["payment_id"],
        "status": row["payment_status"],
        "card": {
            "cardNumber": "*" * 12 + row["card_last_four"],
            "brand": row["card_brand"],
            "expiryMonth": row["card_expiry_month"],
            "expiryYear": row["card_expiry_year"],
        },
        "price": {"currency": row["currency"], "amount": _major(row, "amount")},
        "captured": _major(row, "captured"),
        "refunded": _major(row, "refunded"),
        "description": row["description"],
        "reference": row["reference"],
        "metadata": {},
        "createdAt": _time(row["payment_created_at"]),
        "updatedAt": _time(row["occurred_at"]),
    }
    if row["decline_code"] is not None:
        document["declineCode"] = row["decline_code"]
    return document


def _major(row: Row, column: str) -> Decimal:
    return Decimal(row[column]).scaleb(-row["exponent"])


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
