"""Whatever is wrong in the evidence, the oracle tells; what is sound it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from tests.torture.clients import Accepted
from tests.torture.evidence import Evidence, StoredPayment
from tests.torture.oracle import Case, findings_of
from tests.torture.orders import Order, major

if TYPE_CHECKING:
    from collections.abc import Callable

MERCHANT = "mer_ap_123"
APPROVED, DECLINED, FAILED = (
    Order("ap_123", "order 1", 10_007, "EUR", "4242424242424242"),
    Order("ap_123", "order 2", 10_008, "JPY", "4000000000000002"),
    Order("ap_123", "order 3", 10_009, "KWD", "4242424242424242"),
)


def stored(order: Order, status: str) -> StoredPayment:
    return StoredPayment(
        payment_id=f"pay {order.key}",
        merchant_id=MERCHANT,
        status=status,
        amount=order.amount,
        currency=order.currency,
        captured=order.amount if status == "Approved" else 0,
        last_four=order.card[-4:],
        key=order.key,
        decline_code=order.decline_code if status == "Declined" else None,
        job_id=f"job {order.key}",
        job_status="Failed" if status == "Failed" else "Completed",
        failure_code="Interrupted" if status == "Failed" else None,
        reference=f"ref {order.key}",
        outcome="Reversed" if status == "Failed" else "Answered",
    )


def frame(seq: int, kind: str, payment: StoredPayment) -> dict[str, Any]:
    is_end = kind != "job.created"
    job: dict[str, Any] = {
        "jobId": payment.job_id,
        "paymentId": payment.payment_id,
        "status": payment.job_status if is_end else "Created",
        "paymentStatus": payment.status if is_end else "Created",
        "amount": major(payment.amount, payment.currency),
    }
    if payment.failure_code and is_end:
        job["error"] = {"code": payment.failure_code}
    return {"type": kind, "seq": seq, "job": job}


def booked(payment: StoredPayment, *, is_reversed: bool = False) -> dict[str, Any]:
    is_declined = payment.status == "Declined"
    return {
        "reference": payment.reference,
        "currency": payment.currency,
        "amount": payment.amount,
        "last_four": payment.last_four,
        "net_amount": 0 if is_declined or is_reversed else payment.amount,
        "decline_code": payment.decline_code,
    }


def sound() -> Case:
    approved, declined, failed = (
        stored(APPROVED, "Approved"),
        stored(DECLINED, "Declined"),
        stored(FAILED, "Failed"),
    )
    frames = [
        frame(1, "job.created", approved),
        frame(2, "job.created", declined),
        frame(3, "job.completed", approved),
        frame(4, "job.created", failed),
        frame(5, "job.completed", declined),
        frame(6, "job.failed", failed),
    ]
    charged = {"charged": APPROVED.major_units}
    evidence = Evidence(
        payments=[approved, declined, failed],
        streams={MERCHANT: frames},
        heard={MERCHANT: frames},
        bookings=[booked(approved), booked(declined), booked(failed, is_reversed=True)],
        reconcile_status=0,
        reconciled=[{"kind": "total", "currency": "EUR", "books": charged, "bank": charged}],
        bugs=[],
    )
    orders = (APPROVED, DECLINED, FAILED)
    return Case(
        begun={order.name: order for order in orders},
        accepted={order.name: Accepted(f"job {order.key}", f"pay {order.key}") for order in orders},
        evidence=evidence,
    )


def changed(case: Case, **changes: Any) -> Case:
    return evolve(case, evidence=evolve(case.evidence, **changes))


def with_payment(case: Case, number: int, **changes: Any) -> Case:
    payments = list(case.evidence.payments)
    payments[number] = evolve(payments[number], **changes)
    return changed(case, payments=payments)


def with_booking(case: Case, number: int, **changes: Any) -> Case:
    bookings = [dict(booking) for booking in case.evidence.bookings]
    bookings[number] |= changes
    return changed(case, bookings=bookings)


def with_frames(case: Case, change: Callable[[list[Any]], object]) -> Case:
    frames = list(case.evidence.streams[MERCHANT])
    change(frames)
    return changed(case, streams={MERCHANT: frames}, heard={MERCHANT: frames})


def with_heard(case: Case, number: int, heard: list[Any]) -> Case:
    frames = case.evidence.streams[MERCHANT]
    return changed(case, heard={MERCHANT: [*frames[:number], *heard, *frames[number + 1 :]]})


def with_acceptance(case: Case, order: Order, accepted: Accepted | None) -> Case:
    others = {name: one for name, one in case.accepted.items() if name != order.name}
    return evolve(case, accepted=others | ({order.name: accepted} if accepted else {}))


WRONG: dict[str, Callable[[Case], Case]] = {
    "is lost": lambda case: changed(case, payments=case.evidence.payments[1:]),
    "which is": lambda case: with_acceptance(case, APPROVED, Accepted("job order 1", "pay order 2")),
    "never was accepted": lambda case: with_acceptance(case, FAILED, None),
    "has 2 payments": lambda case: changed(
        case, payments=[*case.evidence.payments, case.evidence.payments[2]]
    ),
    "is not as ordered": lambda case: with_payment(case, 1, last_four="4242"),
    "is not as ordered: None": lambda case: with_payment(case, 1, key="order 9"),
    "may not end like this": lambda case: with_payment(case, 0, status="Unknown"),
    "BankRejected": lambda case: with_payment(case, 2, failure_code="BankRejected"),
    "has event 2 where 1 should be": lambda case: with_frames(case, lambda frames: frames.pop(0)),
    "has event 3 where 4 should be": lambda case: with_frames(
        case, lambda frames: frames.insert(3, frames[2])
    ),
    "does not begin once": lambda case: with_frames(case, lambda frames: frames.reverse()),
    "does not end once": lambda case: with_frames(case, lambda frames: frames.append(frames[5])),
    "does not end once: ['job.created']": lambda case: with_frames(case, lambda frames: frames.pop()),
    "was told of 5 events while there are 6": lambda case: with_heard(case, 5, []),
    "and later": lambda case: with_heard(case, 2, [{"type": "job.completed", "seq": 3, "job": {}}]),
    "is told as": lambda case: with_payment(case, 0, job_id="job order 1", payment_id="pay order 7"),
    "has events and is not stored": lambda case: changed(case, payments=case.evidence.payments[:2]),
    "does not know of": lambda case: with_booking(case, 0, reference="another"),
    "was booked as": lambda case: with_booking(case, 0, last_four="1111"),
    "was booked 2 times": lambda case: changed(
        case, bookings=[*case.evidence.bookings, case.evidence.bookings[2]]
    ),
    "is charged 0: []": lambda case: changed(case, bookings=case.evidence.bookings[1:]),
    "is charged 0": lambda case: with_booking(case, 0, net_amount=0),
    "is charged 10009": lambda case: with_booking(case, 2, net_amount=10_009),
    "was declined by nobody": lambda case: with_booking(case, 1, decline_code=None),
    "pgw reconcile ended with 1": lambda case: changed(case, reconcile_status=1),
    "pgw reconcile says": lambda case: changed(case, reconciled=[]),
    "the gateway logged a bug": lambda case: changed(case, bugs=["ActorCrashed"]),
}


def test_what_is_sound_has_no_findings() -> None:
    assert [] == list(findings_of(sound()))


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_is_found(sentence: str) -> None:
    findings = list(findings_of(WRONG[sentence](sound())))
    assert [finding for finding in findings if sentence in finding], findings
