from typing import Any

from pgw.domain.decline import listed
from pgw.domain.payment import Payment
from pgw.http.answers import timestamp

MASK = "*" * 12


def payment_document(payment: Payment) -> dict[str, Any]:
    """Return the public JSON of a payment."""
    currency = payment.amount.currency
    card = payment.card
    document: dict[str, Any] = {
        "paymentId": payment.id,
        "status": payment.status,
        "card": {
            "cardNumber": MASK + card.last_four,
            "brand": card.brand,
            "expiryMonth": card.expiry.month,
            "expiryYear": card.expiry.year,
        },
        "price": {"currency": currency.code, "amount": payment.amount.major_units},
        "captured": currency.major(payment.captured),
        "refunded": currency.major(payment.refunded),
        "description": payment.description,
        "reference": payment.reference,
        "metadata": dict(payment.metadata),
    }
    if payment.decline_code is not None:
        document["declineCode"] = listed(payment.decline_code)
    if payment.void_reason is not None:
        document["voidReason"] = payment.void_reason
    if payment.expires_at is not None:
        document["expiresAt"] = timestamp(payment.expires_at)
    return document | {
        "createdAt": timestamp(payment.created_at),
        "updatedAt": timestamp(payment.updated_at),
    }
