"""Payments in each status, and operations on them, through the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from pgw.domain.payment import PaymentStatus

if TYPE_CHECKING:
    import httpx

    from tests.end_to_end.programs import Gateway

DECLINED_CARD, HANGS = "4000000000000002", "4000009900000020"
ANSWER_LOST, NOT_BOOKED = "4000009900000038", "4000009900000079"
CAPTURE_DECLINED, VOID_DECLINED, REFUND_DECLINED = "4000009900000111", "4000009900000129", "4000009900000137"
CAPTURE_LOST, REFUND_LOST = "4000009900000145", "4000009900000152"
CAPTURE_STUCK, REFUND_STUCK = "4000009900000160", "4000009900000178"
PLAIN = "4242424242424242"
CAPTURE, VOID, REFUND = "captures", "voids", "refunds"


@frozen
class APayment:
    """A payment of a gateway's first merchant."""

    gateway: Gateway
    id: str

    def post(self, operation: str, key: str | None = None, **body: Any) -> httpx.Response:
        """Ask for an operation, with a body only where there is something to say."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.gateway.client.post(
            f"/payments/{self.id}/{operation}", json=body or None, headers=headers
        )

    def accepted(self, operation: str, **body: Any) -> httpx.Response:
        answer = self.post(operation, **body)
        assert 202 == answer.status_code, answer.text
        return answer

    def operated(self, operation: str, **body: Any) -> dict[str, Any]:
        """Do it, and return its job once that has ended."""
        return self.ended(self.accepted(operation, **body))

    def ended(self, accepted: httpx.Response) -> dict[str, Any]:
        job: dict[str, Any] = accepted.json()
        while job["status"] == "Created":
            job = self.gateway.client.get(accepted.headers["Location"], headers={"Prefer": "wait=5"}).json()
        return job

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = self.gateway.client.get(f"/payments/{self.id}").json()
        return document

    @property
    def amounts(self) -> tuple[str, float, float]:
        document = self.document
        return document["status"], document["captured"], document["refunded"]


def authorized(gateway: Gateway, number: str = PLAIN, **changes: Any) -> APayment:
    job = gateway.settled(gateway.pay(number, capture=False, **changes))
    assert "Authorized" == job["paymentStatus"]
    return APayment(gateway, job["paymentId"])


def charged(gateway: Gateway, number: str = PLAIN, **changes: Any) -> APayment:
    job = gateway.settled(gateway.pay(number, **changes))
    assert "Approved" == job["paymentStatus"]
    return APayment(gateway, job["paymentId"])


def payment_that_is(status: PaymentStatus, gateway: Gateway) -> APayment:
    """Bring a payment of 10.50 EUR about that is so."""
    match status:
        case PaymentStatus.CREATED:
            return APayment(gateway, gateway.pay(HANGS).json()["paymentId"])
        case PaymentStatus.DECLINED:
            return APayment(gateway, gateway.settled(gateway.pay(DECLINED_CARD))["paymentId"])
        case PaymentStatus.UNKNOWN:
            return APayment(gateway, gateway.settled(gateway.pay(ANSWER_LOST))["paymentId"])
        case PaymentStatus.FAILED:
            accepted = gateway.pay(NOT_BOOKED)
            payment = APayment(gateway, accepted.json()["paymentId"])
            payment.ended(accepted)
            return payment
        case PaymentStatus.APPROVED:
            return charged(gateway)
        case _:
            return _operated_until(status, authorized(gateway))


def _operated_until(status: PaymentStatus, payment: APayment) -> APayment:
    if status is PaymentStatus.VOIDED:
        payment.operated(VOID)
    if status in {
        PaymentStatus.PARTIALLY_CAPTURED,
        PaymentStatus.PARTIALLY_REFUNDED,
        PaymentStatus.REFUNDED,
    }:
        payment.operated(CAPTURE, amount="4.00")
    if status is PaymentStatus.PARTIALLY_REFUNDED:
        payment.operated(REFUND, amount="1.00")
    if status is PaymentStatus.REFUNDED:
        payment.operated(REFUND)
    return payment
