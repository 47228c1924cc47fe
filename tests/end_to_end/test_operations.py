"""Captures, voids and refunds through the front door, with a real bank behind it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pgw.domain.operation import (
    POSSIBLE_FROM,
    REFUSED_ELSEWHERE,
    CaptureOrder,
    OperationOrder,
    RefundOrder,
    VoidOrder,
)
from pgw.domain.payment import PaymentStatus
from tests.end_to_end import operating
from tests.end_to_end.operating import CAPTURE, REFUND, VOID, authorized, charged, payment_that_is
from tests.end_to_end.programs import Gateway, Simulator, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.operating import APayment

ORDERS: dict[str, type[OperationOrder]] = {CAPTURE: CaptureOrder, VOID: VoidOrder, REFUND: RefundOrder}


@pytest.fixture(scope="module")
def bank() -> Iterator[Simulator]:
    """A bank that keeps who waits for it waiting."""
    running = Simulator("--hang-seconds", "60", "--slow-seconds", "60")
    yield running
    running.end()


@pytest.fixture(scope="module")
def shop(bank: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that is in no hurry to look up what it does not know."""
    database = tmp_path_factory.mktemp("operations") / "pgw.db"
    running = Gateway(database, bank.url, "--inquiry-first", "60", "--bank-timeout", "60", "--grace", "0")
    yield running
    running.end()


@pytest.fixture(scope="module")
def quick(bank: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that looks up at once what it does not know."""
    database = tmp_path_factory.mktemp("quick") / "pgw.db"
    running = Gateway(database, bank.url, "--inquiry-first", "0.1")
    yield running
    running.end()


@pytest.fixture(scope="module")
def failed(quick: Gateway) -> APayment:
    return payment_that_is(PaymentStatus.FAILED, quick)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def booked(bank: Simulator, payment: APayment) -> list[tuple[str, int, int]]:
    """Return what the bank booked of a payment: each kind, what it moved, and what it freed."""
    gateway = payment.gateway
    rows = gateway.rows("SELECT reference FROM attempts WHERE payment_id = ? ORDER BY job_id", payment.id)
    bookings = [one for (reference,) in rows for one in bank.bookings(reference)]
    return [(one["kind"], one["net_amount"], one.get("released_amount", 0)) for one in bookings]


def test_a_payment_is_captured_in_parts_until_one_is_final(gateway: Gateway, simulator: Simulator) -> None:
    payment = authorized(gateway)
    assert payment.document["expiresAt"] > payment.document["createdAt"]
    first = payment.operated(CAPTURE, amount="4.00")
    assert ("Completed", "PartiallyCaptured", False) == (
        first["status"],
        first["paymentStatus"],
        first["final"],
    )
    assert ("PartiallyCaptured", 4.0, 0.0) == payment.amounts
    assert "expiresAt" not in payment.document
    payment.operated(CAPTURE, amount=3)
    last = payment.operated(CAPTURE, amount="0.50", final=True)
    assert ("Completed", "Approved", True) == (last["status"], last["paymentStatus"], last["final"])
    assert ("Approved", 7.5, 0.0) == payment.amounts
    assert (409, "PaymentNotCapturable") == refused(payment.post(CAPTURE))
    told = [("payment", 0, 0), ("capture", 400, 400), ("capture", 300, 300), ("capture", 50, 350)]
    assert told == booked(simulator, payment)


def test_a_capture_without_an_amount_takes_all_that_is_left(gateway: Gateway, simulator: Simulator) -> None:
    payment = authorized(gateway)
    payment.operated(CAPTURE, amount="0.01")
    assert 10.49 == payment.operated(CAPTURE)["amount"]
    assert ("Approved", 10.5, 0.0) == payment.amounts
    assert [0, 1, 1049] == [net for _, net, _ in booked(simulator, payment)]


def test_a_void_gives_up_what_was_reserved(gateway: Gateway, simulator: Simulator) -> None:
    payment = authorized(gateway)
    job = payment.operated(VOID)
    assert ("void", "Completed", "Voided", 10.5) == (
        *(job["type"], job["status"], job["paymentStatus"]),
        job["amount"],
    )
    document = payment.document
    assert ("Voided", "requested", False) == (
        *(document["status"], document["voidReason"]),
        "expiresAt" in document,
    )
    assert [("payment", 0, 0), ("void", 0, 1050)] == booked(simulator, payment)


def test_what_was_charged_is_refunded_in_parts(gateway: Gateway, simulator: Simulator) -> None:
    payment = charged(gateway)
    job = payment.operated(REFUND, amount="4.00", reason="Returned")
    assert ("refund", "PartiallyRefunded", "Returned") == (job["type"], job["paymentStatus"], job["reason"])
    assert ("PartiallyRefunded", 10.5, 4.0) == payment.amounts
    answer = payment.post(REFUND, amount="6.51")
    assert (409, "AmountTooLarge") == refused(answer)
    assert "6.50 EUR is left to be refunded." == answer.json()["detail"]
    assert "reason" not in payment.operated(REFUND)
    assert ("Refunded", 10.5, 10.5) == payment.amounts
    assert (409, "PaymentNotRefundable") == refused(payment.post(REFUND))
    assert [1050, -400, -650] == [net for _, net, _ in booked(simulator, payment)]


@pytest.mark.parametrize("operation", ORDERS)
@pytest.mark.parametrize("status", PaymentStatus)
def test_from_each_status_exactly_the_operations_of_the_table_are_possible(
    status: PaymentStatus, operation: str, shop: Gateway, failed: APayment
) -> None:
    payment = failed if status is PaymentStatus.FAILED else payment_that_is(status, shop)
    assert status == payment.document["status"]
    answer = payment.post(operation)
    if status in POSSIBLE_FROM[ORDERS[operation]]:
        assert 202 == answer.status_code
        assert "Completed" == payment.ended(answer)["status"]
        return
    before = payment.document
    assert (409, REFUSED_ELSEWHERE[ORDERS[operation]]) == refused(answer)
    assert f"The payment is {status}; it can be " in answer.json()["detail"]
    assert before == payment.document
    count = "SELECT count(*) FROM jobs WHERE payment_id = ? AND type <> 'payment'"
    kept = payment.gateway.rows(count, payment.id)
    assert [(OPERATED.get(status, 0),)] == kept, "something of it was kept"


# How many operations brought a payment there.
OPERATED = {
    PaymentStatus.PARTIALLY_CAPTURED: 1,
    PaymentStatus.VOIDED: 1,
    PaymentStatus.PARTIALLY_REFUNDED: 2,
    PaymentStatus.REFUNDED: 2,
}


@pytest.mark.parametrize("operation", [CAPTURE, VOID])
def test_a_capture_under_way_blocks_what_comes_beside_it(operation: str, shop: Gateway) -> None:
    payment = authorized(shop, operating.CAPTURE_STUCK)
    job = payment.accepted(CAPTURE, amount="4.00").json()
    answer = payment.post(operation)
    assert (409, "OperationInProgress") == refused(answer)
    assert "A capture of 4.00 EUR is under way." == answer.json()["detail"]
    assert ("Authorized", 0.0, 0.0) == payment.amounts
    assert "Created" == shop.client.get(f"/jobs/{job['jobId']}").json()["status"]


def test_a_refund_under_way_blocks_captures_and_has_its_amount_reserved(shop: Gateway) -> None:
    payment = authorized(shop, operating.REFUND_STUCK)
    payment.operated(CAPTURE, amount="4.00")
    payment.accepted(REFUND, amount="3.00")
    assert (409, "OperationInProgress") == refused(payment.post(CAPTURE))
    answer = payment.post(REFUND, amount="1.01")
    assert (409, "AmountTooLarge") == refused(answer)
    assert "1.00 EUR is left to be refunded: refunds of 3.00 EUR are under way." == answer.json()["detail"]
    payment.accepted(REFUND)
    assert (409, "AmountTooLarge") == refused(payment.post(REFUND))
    assert ("PartiallyCaptured", 4.0, 0.0) == payment.amounts


@pytest.mark.parametrize(
    ("card", "operations", "code", "amounts"),
    [
        (operating.CAPTURE_DECLINED, [CAPTURE], "CaptureDeclined", ("Authorized", 0.0, 0.0)),
        (operating.VOID_DECLINED, [VOID], "VoidDeclined", ("Authorized", 0.0, 0.0)),
        (operating.REFUND_DECLINED, [CAPTURE, REFUND], "RefundDeclined", ("Approved", 10.5, 0.0)),
    ],
)
def test_a_declined_operation_is_a_failed_job_and_leaves_the_payment_as_it_was(
    card: str, operations: Sequence[str], code: str, amounts: tuple[str, float, float], gateway: Gateway
) -> None:
    payment = authorized(gateway, card)
    *before, declined = operations
    for operation in before:
        payment.operated(operation)
    job = payment.operated(declined)
    assert ("Failed", amounts[0]) == (job["status"], job["paymentStatus"])
    assert (code, "processing_error") == (job["error"]["code"], job["error"]["declineCode"])
    assert amounts == payment.amounts
    assert 202 == payment.post(declined).status_code, "its amount was not given free"


def test_an_unknown_operation_leaves_the_payment_as_it_is_and_its_amount_reserved(shop: Gateway) -> None:
    payment = authorized(shop, operating.CAPTURE_LOST)
    accepted = payment.accepted(CAPTURE, amount="4.00")
    doubtful = "SELECT count(*) FROM attempts WHERE payment_id = ? AND outcome = 'Doubtful'"
    eventually(lambda: shop.rows(doubtful, payment.id) == [(1,)])
    assert "Created" == shop.client.get(accepted.headers["Location"]).json()["status"]
    assert ("Authorized", 0.0, 0.0) == payment.amounts
    assert (409, "OperationInProgress") == refused(payment.post(VOID))


@pytest.mark.parametrize(
    ("card", "operation", "nets"),
    [
        (operating.CAPTURE_LOST, CAPTURE, [0, 400]),
        (operating.REFUND_LOST, REFUND, [0, 1050, -400]),
    ],
)
def test_an_unknown_operation_is_looked_up_and_counted_once(
    card: str, operation: str, nets: list[int], quick: Gateway, bank: Simulator
) -> None:
    payment = authorized(quick, card)
    if operation == REFUND:
        payment.operated(CAPTURE)
    assert "Completed" == payment.operated(operation, amount="4.00")["status"]
    assert nets == [net for _, net, _ in booked(bank, payment)]


def test_a_key_answers_the_same_byte_for_byte_also_over_a_kill_and_after_what_came_since(
    simulator: Simulator, start_gateway: StartGateway, tmp_path: Path
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url)
    payment = authorized(gateway)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        (CAPTURE, "parcel", {"amount": "4.00", "final": True}),
        (REFUND, "back", {"reason": "Returned"}),
    ]
    first = []
    for operation, key, body in asked:
        first.append(payment.post(operation, key, **body))
        payment.ended(first[-1])
    gateway.end(signal.SIGKILL)
    restarted = start_gateway(tmp_path / "pgw.db", simulator.url)
    payment = operating.APayment(restarted, payment.id)
    assert "Refunded" == payment.document["status"]
    for answered, (operation, key, body) in zip(first, asked, strict=True):
        again = payment.post(operation, key, **body)
        assert (202, "true") == (again.status_code, again.headers["Idempotent-Replayed"])
        assert (answered.content, answered.headers["Location"]) == (again.content, again.headers["Location"])
        assert (422, "IdempotencyKeyReused") == refused(payment.post(operation, key, amount="0.01"))
    assert [0, 400, -400] == [net for _, net, _ in booked(simulator, payment)]


def test_a_bank_that_only_pays_is_asked_for_nothing_more(
    simulator: Simulator, start_gateway: StartGateway, tmp_path: Path
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url, "--bank-features", "pay")
    payment = charged(gateway)
    for operation in ORDERS:
        assert (409, "OperationNotSupported") == refused(payment.post(operation))
    assert ["payment"] == [kind for kind, _, _ in booked(simulator, payment)]


@pytest.mark.parametrize("operation", ORDERS)
def test_a_payment_that_is_not_there_is_unknown(operation: str, gateway: Gateway) -> None:
    answer = gateway.client.post(f"/payments/pay_none/{operation}")
    assert (404, "UnknownPayment") == refused(answer)
    assert 202 == gateway.client.post(f"/payments/{authorized(gateway).id}/captures/").status_code
