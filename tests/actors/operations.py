"""Captures, voids and refunds, as the actors are asked for them and as they rest in storage."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count

import trio
from attrs import evolve

from pgw.actors.gateway import Gateway, submit_operation, submit_payment
from pgw.actors.operation import Accepted as Answered
from pgw.actors.outcome import failing
from pgw.bank.port import Accepted, Call, Capture, Refund, Void
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobType
from pgw.domain.money import Currency, Money
from pgw.domain.operation import CaptureOrder, OperationOrder, RefundOrder, VoidOrder, begin
from pgw.domain.payment import Payment, PaymentOrder
from pgw.domain.result import Ok
from pgw.storage.port import Change
from tests.actors.orders import CARD, PATIENCE
from tests.actors.scene import Scene

AMOUNT = Money(10_000, Currency("EUR", 2))
YES = Accepted()
ORDERS: Mapping[JobType, OperationOrder] = {
    JobType.CAPTURE: CaptureOrder(4000),
    JobType.VOID: VoidOrder(),
    JobType.REFUND: RefundOrder(4000),
}
CALLS: Mapping[JobType, type[Call]] = {
    JobType.CAPTURE: Capture,
    JobType.VOID: Void,
    JobType.REFUND: Refund,
}
DECLINED_AS = {
    JobType.CAPTURE: FailureCode.CAPTURE_DECLINED,
    JobType.VOID: FailureCode.VOID_DECLINED,
    JobType.REFUND: FailureCode.REFUND_DECLINED,
}
DONE = {JobType.CAPTURE: "PartiallyCaptured", JobType.VOID: "Voided", JobType.REFUND: "PartiallyRefunded"}
"""The payment's status once the one operation is done."""
_numbers = count(1)


def an_order_for(kind: JobType) -> PaymentOrder:
    return PaymentOrder(AMOUNT, CARD, capture=kind is JobType.REFUND)


async def paid_for(scene: Scene, kind: JobType) -> Payment:
    """Pay 100.00 so that an operation of the kind is possible."""
    with trio.fail_after(PATIENCE):
        accepted = await submit_payment(scene.gateway, "mer_a", an_order_for(kind), "req_1")
    assert isinstance(accepted, Ok)
    assert isinstance(accepted.value, Job)
    await trio.sleep(0.001)
    payment = scene.newest(accepted.value.id).payment
    scene.bank.forget()
    return payment


async def submit(
    gateway: Gateway, payment_id: str, order: OperationOrder, merchant: str = "mer_a"
) -> Answered:
    with trio.fail_after(2 * PATIENCE):
        return await submit_operation(gateway, merchant, payment_id, order, "req_2")


async def operate(scene: Scene, payment: Payment, order: OperationOrder) -> Job:
    """Submit an operation that is to be accepted."""
    accepted = await submit(scene.gateway, payment.id, order)
    assert isinstance(accepted, Ok), accepted
    assert isinstance(accepted.value, Job)
    return accepted.value


def operation_at_rest(
    order: OperationOrder, outcome: AttemptOutcome, due_at: datetime, inquiries: int = 0
) -> Change:
    """Return the operation with that outcome, due then, which was asked about so many times."""
    number = f"{next(_numbers):06}"
    paying = PaymentOrder(AMOUNT, CARD, capture=isinstance(order, RefundOrder))
    payment = Payment.ordered(f"pay_o{number}", "mer_a", paying, "bank", due_at, reference=f"ref_p{number}")
    begun = begin(payment.authorized(due_at), order, due_at)
    assert isinstance(begun, Ok)
    job = Job.begun(f"job_o{number}", begun.value, order, "req_2")
    attempt = Attempt.intended(f"ref_o{number}", payment.id, job.id, "bank", due_at)
    change = Change(begun.value.payment, job, attempt)
    if outcome is AttemptOutcome.INTENDED:
        return evolve(change, attempt=evolve(attempt, due_at=due_at))
    doubted = attempt.doubted(1, due_at, due_at)
    match outcome:
        case AttemptOutcome.DOUBTFUL:
            change = evolve(change, attempt=doubted)
        case AttemptOutcome.REVERSING:
            change = evolve(change, attempt=doubted.to_be_reversed(FailureCode.INTERRUPTED, 1, due_at))
        case AttemptOutcome.SETTLED:
            settled = doubted.settled("the bank said so", due_at, due_at)
            change = failing(change, FailureCode.SETTLED_BY_OPERATOR, settled, due_at)
        case _:
            raise AssertionError(f"{outcome} does not rest")
    return evolve(change, attempt=evolve(change.attempt, inquiries=inquiries))
