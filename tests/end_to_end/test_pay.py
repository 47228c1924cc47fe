"""A merchant pays: from 202 to the outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.programs import order

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.programs import Gateway, Simulator

UNKNOWN_AND_BOOKED = ["4000009900000038", "4000009900000046", "4000009900000087", "4000009900000095"]


def test_a_gateway_is_soon_ready(gateway: Gateway, record_property: Callable[[str, object], None]) -> None:
    record_property("seconds_to_ready", gateway.seconds_to_ready)
    print(f"ready after {gateway.seconds_to_ready:.2f} s")  # noqa: T201 - for the reader of -s
    assert gateway.seconds_to_ready < 10


def test_a_payment_is_accepted_then_completed_and_approved(gateway: Gateway, simulator: Simulator) -> None:
    accepted = gateway.pay(amount="10.50", reference="order-17", description="Order 17", metadata={"a": "b"})
    job = accepted.json()
    assert (202, f"/jobs/{job['jobId']}") == (accepted.status_code, accepted.headers["Location"])
    assert ("payment", "Created", "Created") == (job["type"], job["status"], job["paymentStatus"])
    assert "entityId" not in job
    job = gateway.settled(accepted)
    assert ("Completed", "Approved", job["paymentId"]) == (
        job["status"],
        job["paymentStatus"],
        job["entityId"],
    )
    payment = gateway.client.get(f"/payments/{job['entityId']}").json()
    expected = {
        "paymentId": job["paymentId"],
        "status": "Approved",
        "card": {"cardNumber": "************4242", "brand": "visa", "expiryMonth": 11, "expiryYear": 2034},
        "price": {"currency": "EUR", "amount": 10.5},
        "captured": 10.5,
        "refunded": 0.0,
        "description": "Order 17",
        "reference": "order-17",
        "metadata": {"a": "b"},
        "createdAt": job["createdAt"],
        "updatedAt": job["updatedAt"],
    }
    assert expected == payment
    (booking,) = simulator.bookings(gateway.reference_of(job))
    assert (1050, True) == (booking["amount"], booking["authorized"])


@pytest.mark.parametrize(
    ("amount", "currency", "shown", "minor_units"),
    [
        ("0.1", "EUR", "0.10", 10),
        ('"0.1"', "EUR", "0.10", 10),
        ("9999999999.99", "EUR", "9999999999.99", 999_999_999_999),
        ("7", "JPY", "7", 7),
        ("1.005", "KWD", "1.005", 1005),
    ],
)
def test_an_amount_is_exact_from_request_to_bank_to_answer(
    amount: str, currency: str, shown: str, minor_units: int, *, gateway: Gateway, simulator: Simulator
) -> None:
    body = json.dumps(order(currency=currency)).replace('"10.50"', amount)
    headers = {"Content-Type": "application/json"}
    accepted = gateway.client.post("/payments", content=body, headers=headers)
    assert f'"amount":{shown},' in accepted.text
    job = gateway.settled(accepted)
    payment = gateway.client.get(f"/payments/{job['entityId']}").text
    assert f'"price":{{"currency":"{currency}","amount":{shown}}},"captured":{shown},' in payment
    (booking,) = simulator.bookings(gateway.reference_of(job))
    assert (currency, minor_units) == (booking["currency"], booking["amount"])


@pytest.mark.parametrize(
    "number",
    [
        *("4242424242424242", "5555 5555 5555 4444", "3782-822463-10005", "4111111111111111"),
        *("4000009900000012", "4000009900000053", "4000009900000061"),  # slow, answers twice, 503 twice
    ],
)
def test_an_approved_card_is_charged_once(number: str, gateway: Gateway, simulator: Simulator) -> None:
    job = gateway.settled(gateway.pay(number))
    assert ("Completed", "Approved") == (job["status"], job["paymentStatus"])
    assert 1 == len(simulator.bookings(gateway.reference_of(job)))


@pytest.mark.parametrize(
    ("number", "decline_code"),
    [
        ("4000000000000002", "generic_decline"),
        ("4000000000009995", "insufficient_funds"),
        ("4000000000009987", "lost_card"),
        ("4000000000009979", "stolen_card"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
        ("4000002760003184", "authentication_required"),
    ],
)
def test_a_declined_payment_is_a_completed_job(number: str, decline_code: str, gateway: Gateway) -> None:
    job = gateway.settled(gateway.pay(number))
    assert ("Completed", "Declined") == (job["status"], job["paymentStatus"])
    assert "error" not in job
    payment = gateway.client.get(f"/payments/{job['entityId']}").json()
    assert ("Declined", decline_code, 0) == (payment["status"], payment["declineCode"], payment["captured"])


@pytest.mark.parametrize(
    ("number", "bookings"), [(number, 1) for number in UNKNOWN_AND_BOOKED] + [("4000009900000079", 0)]
)
def test_an_answer_that_never_came_leaves_the_payment_unknown_and_never_failed(
    number: str, bookings: int, gateway: Gateway, simulator: Simulator
) -> None:
    accepted = gateway.pay(number)
    job = gateway.settled(accepted)
    assert ("Created", "Unknown") == (job["status"], job["paymentStatus"])
    assert bookings == len(simulator.bookings(gateway.reference_of(job)))
    polled = gateway.client.get(accepted.headers["Location"])
    assert (job, "1") == (polled.json(), polled.headers["Retry-After"])
    assert "Unknown" == gateway.client.get(f"/payments/{job['paymentId']}").json()["status"]
