"""Whatever is wrong in the evidence, the oracle tells; what is sound it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from tests.torture.case import Case
from tests.torture.clients import Accepted
from tests.torture.evidence import Evidence
from tests.torture.operations import Operation
from tests.torture.oracle import findings_of
from tests.torture.orders import Order, major
from tests.torture.stored import StoredOperation, StoredPayment

if TYPE_CHECKING:
    from collections.abc import Callable

MERCHANT, OTHER = "mer_ap_123", "mer_ap_456"
APPROVED, DECLINED, FAILED, RESERVED, GIVEN_UP = (
    Order("ap_123", "order 1", 10_007, "EUR", "4242424242424242"),
    Order("ap_123", "order 2", 10_008, "JPY", "4000000000000002"),
    Order("ap_123", "order 3", 10_009, "KWD", "4242424242424242"),
    Order("ap_123", "order 4", 10_010, "EUR", "4000009900000111", capture=False),
    Order("ap_123", "order 5", 10_011, "EUR", "4242424242424242", capture=False),
)
ORDERS = (APPROVED, DECLINED, FAILED, RESERVED, GIVEN_UP)
REFUND = Operation(APPROVED, "pay order 1", "order-1.0", "refund", 4_000)
REVERSED = Operation(APPROVED, "pay order 1", "order-1.1", "refund", 2_000)
CAPTURE = Operation(RESERVED, "pay order 4", "order-4.0", "capture", 3_000)
VOID = Operation(GIVEN_UP, "pay order 5", "order-5.0", "void", None)
TOO_LARGE = Operation(APPROVED, "pay order 1", "order-1.2", "refund", 9_000)
OPERATIONS = (REFUND, REVERSED, CAPTURE, VOID, TOO_LARGE)


def stored(order: Order, told: str, status: str, **changes: Any) -> StoredPayment:
    payment = StoredPayment(
        payment_id=f"pay {order.key}",
        merchant_id=MERCHANT,
        status=status,
        amount=order.amount,
        currency=order.currency,
        captured=order.amount if told == "Approved" else 0,
        refunded=0,
        reserved=0,
        capture=int(order.capture),
        last_four=order.card[-4:],
        key=order.key,
        decline_code=order.decline_code,
        job_id=f"job {order.key}",
        job_status="Failed" if told == "Failed" else "Completed",
        told_status=told,
        failure_code="Interrupted" if told == "Failed" else None,
        reference=f"ref {order.key}",
    )
    return evolve(payment, **changes)


def done(operation: Operation, told: str, amount: int, *failure: str) -> StoredOperation:
    code, decline_code = (*failure, None, None)[:2]
    return StoredOperation(
        job_id=f"job {operation.key}",
        merchant_id=MERCHANT,
        kind=operation.kind,
        job_status="Failed" if code else "Completed",
        payment_id=operation.payment_id,
        told_status=told,
        amount=amount,
        currency=operation.order.currency,
        is_final=operation.is_final,
        failure_code=code,
        decline_code=decline_code,
        key=operation.key,
        reference=f"ref {operation.key}",
    )


PAYMENTS = (
    stored(APPROVED, "Approved", "PartiallyRefunded", refunded=4_000),
    stored(DECLINED, "Declined", "Declined"),
    stored(FAILED, "Failed", "Failed"),
    stored(RESERVED, "Authorized", "Authorized"),
    stored(GIVEN_UP, "Authorized", "Voided"),
)
DONE = (
    done(REFUND, "PartiallyRefunded", 4_000),
    done(REVERSED, "PartiallyRefunded", 2_000, "Interrupted"),
    done(CAPTURE, "Authorized", 3_000, "CaptureDeclined", "processing_error"),
    done(VOID, "Voided", GIVEN_UP.amount),
)


def frame(seq: int, kind: str, one: StoredPayment | StoredOperation) -> dict[str, Any]:
    is_end = kind != "job.created"
    job: dict[str, Any] = {
        "jobId": one.job_id,
        "type": one.kind,
        "paymentId": one.payment_id,
        "status": one.job_status if is_end else "Created",
        "paymentStatus": one.told_status if is_end else "Created",
        "amount": major(one.amount, one.currency),
    }
    if one.failure_code and is_end:
        job["error"] = {"code": one.failure_code}
    return {"type": kind, "seq": seq, "job": job}


def frames_of(*ended: StoredPayment | StoredOperation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in ended:
        found.append(frame(len(found) + 1, "job.created", one))
        found.append(frame(len(found) + 1, f"job.{one.job_status.lower()}", one))
    return found


def booked(payment: StoredPayment, *, is_reversed: bool = False) -> dict[str, Any]:
    is_declined = payment.told_status == "Declined"
    taken = payment.amount if payment.capture and not is_declined else 0
    return {
        "kind": "payment",
        "reference": payment.reference,
        "currency": payment.currency,
        "amount": payment.amount,
        "last_four": payment.last_four,
        "captured_amount": taken,
        "net_amount": 0 if is_reversed else taken,
        "authorized": not is_declined,
        "reversed": is_reversed,
        "decline_code": payment.decline_code,
    }


def moved(one: StoredOperation, net: int, released: int, *, is_reversed: bool = False) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "reference": one.reference,
        "payment_reference": one.payment_id.replace("pay", "ref"),
        "currency": one.currency,
        "amount": one.amount,
        "net_amount": net,
        "released_amount": released,
        "accepted": one.decline_code is None,
        "reversed": is_reversed,
        "decline_code": one.decline_code,
    }


def answered(payment: StoredPayment) -> dict[str, Any]:
    amounts = {name: major(getattr(payment, name), payment.currency) for name in ("captured", "refunded")}
    return {
        "paymentId": payment.payment_id,
        "status": payment.status,
        "reference": payment.key,
        "price": {"amount": major(payment.amount, payment.currency)},
        "createdAt": payment.key,
        **amounts,
    }


def listed(one: StoredPayment | StoredOperation) -> dict[str, Any]:
    document = {"jobId": one.job_id, "type": one.kind, "status": one.job_status}
    return document | {"paymentId": one.payment_id, "createdAt": one.key}


def totals(currency: str, charged: int, held: int) -> dict[str, Any]:
    side = {"charged": major(charged, currency), "held": major(held, currency)}
    return {"kind": "total", "currency": currency, "books": side, "bank": side}


def newest_first(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(documents, key=lambda document: str(document["createdAt"]), reverse=True)


def sound() -> Case:
    frames, documents = frames_of(*PAYMENTS, *DONE), {one.payment_id: answered(one) for one in PAYMENTS}
    evidence = Evidence(
        payments=PAYMENTS,
        operations=DONE,
        fetched=documents,
        listed_payments={MERCHANT: newest_first(list(documents.values())), OTHER: []},
        listed_jobs={MERCHANT: newest_first([listed(one) for one in (*PAYMENTS, *DONE)]), OTHER: []},
        streams={MERCHANT: frames},
        heard={MERCHANT: frames},
        bookings=[
            *(booked(one, is_reversed=one.told_status == "Failed") for one in PAYMENTS),
            moved(DONE[0], -4_000, 0),
            moved(DONE[1], 0, 0, is_reversed=True),
            moved(DONE[2], 0, 0),
            moved(DONE[3], 0, GIVEN_UP.amount),
        ],
        reconcile_status=0,
        reconciled=[totals("EUR", 6_007, RESERVED.amount)],
        bugs=[],
    )
    accepted = {one.name: Accepted(one.job_id, one.payment_id) for one in (*PAYMENTS, *DONE)}
    return Case(
        begun={order.name: order for order in ORDERS},
        operations={operation.name: operation for operation in OPERATIONS},
        accepted=accepted,
        refused=frozenset({TOO_LARGE.name}),
        evidence=evidence,
    )


def changed(case: Case, **changes: Any) -> Case:
    return evolve(case, evidence=evolve(case.evidence, **changes))


def with_one(case: Case, kind: str, number: int, **changes: Any) -> Case:
    """Change one of the payments or operations, as they are stored."""
    them = list(getattr(case.evidence, kind))
    them[number] = evolve(them[number], **changes)
    return changed(case, **{kind: them})


def with_booking(case: Case, number: int, **changes: Any) -> Case:
    bookings = [dict(booking) for booking in case.evidence.bookings]
    bookings[number] |= changes
    return changed(case, bookings=bookings)


def with_answer(case: Case, **changes: Any) -> Case:
    """Change what is answered of the first payment."""
    first = PAYMENTS[0].payment_id
    return changed(
        case, fetched={**case.evidence.fetched, first: {**case.evidence.fetched[first], **changes}}
    )


def with_list(case: Case, kind: str, change: Callable[[list[Any]], object]) -> Case:
    them = list(getattr(case.evidence, kind)[MERCHANT])
    change(them)
    return changed(case, **{kind: {MERCHANT: them, OTHER: []}})


def with_frames(case: Case, change: Callable[[list[Any]], object]) -> Case:
    frames = list(case.evidence.streams[MERCHANT])
    change(frames)
    return changed(case, streams={MERCHANT: frames}, heard={MERCHANT: frames})


def with_heard(case: Case, number: int, heard: list[Any]) -> Case:
    frames = case.evidence.streams[MERCHANT]
    return changed(case, heard={MERCHANT: [*frames[:number], *heard, *frames[number + 1 :]]})


def with_acceptance(case: Case, name: tuple[str, str], accepted: Accepted | None) -> Case:
    others = {other: one for other, one in case.accepted.items() if other != name}
    return evolve(case, accepted=others | ({name: accepted} if accepted else {}))


WRONG: dict[str, Callable[[Case], Case]] = {
    # What was accepted
    "'order 1') was accepted as Accepted(job_id='job order 1', payment_id='pay order 1') and is lost": (
        lambda case: changed(case, payments=case.evidence.payments[1:])
    ),
    "'order-1.0') was accepted as Accepted(job_id='job order-1.0', payment_id='pay order 1') and is lost": (
        lambda case: changed(case, operations=case.evidence.operations[1:])
    ),
    "which is StoredPayment": lambda case: with_acceptance(
        case, APPROVED.name, Accepted("job order 1", "pay order 2")
    ),
    "which is StoredOperation": lambda case: with_acceptance(
        case, REFUND.name, Accepted("job order-1.1", "pay order 1")
    ),
    "never ended": lambda case: with_one(case, "operations", 3, job_status="Created"),
    "never was accepted": lambda case: with_acceptance(case, FAILED.name, None),
    "was refused, and is kept": lambda case: evolve(case, refused=frozenset({REFUND.name})),
    "'order 3') has 2 jobs": lambda case: changed(
        case, payments=[*case.evidence.payments, case.evidence.payments[2]]
    ),
    "'order-1.0') has 2 jobs": lambda case: with_one(case, "operations", 1, key="order-1.0"),
    "is not as ordered": lambda case: with_one(case, "payments", 1, last_four="4242"),
    "is not as ordered: None": lambda case: with_one(case, "payments", 1, key="order 9"),
    "capture=False)": lambda case: with_one(case, "payments", 3, capture=1),
    "may not end like this": lambda case: with_one(case, "payments", 0, told_status="Unknown"),
    "BankRejected": lambda case: with_one(case, "payments", 2, failure_code="BankRejected"),
    # What was made of operations
    "is not as asked for: None": lambda case: with_one(case, "operations", 1, key="order-1.9"),
    "amount=4001, currency='EUR'": lambda case: with_one(case, "operations", 0, amount=4_001),
    "is_final=1": lambda case: with_one(case, "operations", 2, is_final=1),
    "may not end like this: Operation": lambda case: with_one(
        case, "operations", 1, failure_code="RefundDeclined", decline_code="processing_error"
    ),
    "failure_code='Interrupted', decline_code=None, key='order-5.0'": lambda case: with_one(
        case, "operations", 3, job_status="Failed", failure_code="Interrupted"
    ),
    "job_status='Completed', payment_id='pay order 4'": lambda case: with_one(
        case, "operations", 2, job_status="Completed", failure_code=None, decline_code=None
    ),
    "still has something reserved": lambda case: with_one(case, "payments", 3, reserved=3_000),
    "should be PartiallyRefunded": lambda case: with_one(case, "payments", 0, status="Refunded"),
    "should be Voided": lambda case: with_one(case, "payments", 4, status="Authorized"),
    "should be PartiallyRefunded with Money(captured=10007, refunded=4000": lambda case: with_one(
        case, "payments", 0, refunded=3_000
    ),
    # What is told
    "has event 2 where 1 should be": lambda case: with_frames(case, lambda frames: frames.pop(0)),
    "has event 3 where 4 should be": lambda case: with_frames(
        case, lambda frames: frames.insert(3, frames[2])
    ),
    "does not begin once": lambda case: with_frames(case, lambda frames: frames.reverse()),
    "does not end once": lambda case: with_frames(case, lambda frames: frames.append(frames[5])),
    "does not end once: ['job.created']": lambda case: with_frames(case, lambda frames: frames.pop()),
    "was told of 17 events while there are 18": lambda case: with_heard(case, 17, []),
    "and later": lambda case: with_heard(case, 2, [{"type": "job.completed", "seq": 3, "job": {}}]),
    "is told as": lambda case: with_one(case, "payments", 0, payment_id="pay order 7"),
    "told_status='Refunded'": lambda case: with_one(case, "operations", 0, told_status="Refunded"),
    "has events and is not stored": lambda case: changed(case, operations=case.evidence.operations[:3]),
    # What is answered
    "is answered as None": lambda case: changed(case, fetched={}),
    "is answered as {": lambda case: with_answer(case, status="Approved"),
    "and the bank has": lambda case: with_answer(case, refunded=major(4_001, "EUR")),
    "and by itself it is otherwise": lambda case: with_list(
        case, "listed_payments", lambda them: them.append({**them.pop(), "status": "Approved"})
    ),
    f"GET /payments of {MERCHANT} leaves out ['pay order 1']": lambda case: with_list(
        case, "listed_payments", lambda them: them.pop()
    ),
    f"GET /jobs of {MERCHANT} leaves out ['job order 1']": lambda case: with_list(
        case, "listed_jobs", lambda them: them.pop()
    ),
    f"GET /payments of {MERCHANT} has ['pay order 1']": lambda case: with_list(
        case, "listed_payments", lambda them: them.append(them[-1])
    ),
    f"GET /jobs of {MERCHANT} has ['job order 1']": lambda case: with_list(
        case, "listed_jobs", lambda them: them.append(them[-1])
    ),
    f"GET /jobs of {MERCHANT} has ['job order-5.0']": lambda case: with_acceptance(case, VOID.name, None),
    f"GET /payments of {OTHER} has": lambda case: changed(
        case, listed_payments={**case.evidence.listed_payments, OTHER: [answered(PAYMENTS[0])]}
    ),
    f"GET /payments of {MERCHANT} is not in the order of time": lambda case: with_list(
        case, "listed_payments", lambda them: them.reverse()
    ),
    "is listed, and kept as": lambda case: with_list(
        case, "listed_jobs", lambda them: them.append({**them.pop(), "status": "Failed"})
    ),
    # What is at the bank
    "does not know of": lambda case: with_booking(case, 0, reference="another"),
    "was booked as": lambda case: with_booking(case, 0, last_four="1111"),
    "was booked as {'kind': 'capture'": lambda case: with_booking(case, 5, kind="capture"),
    "'payment_reference': 'ref order 2'": lambda case: with_booking(case, 5, payment_reference="ref order 2"),
    "was booked 2 times": lambda case: changed(
        case, bookings=[*case.evidence.bookings, case.evidence.bookings[2]]
    ),
    "stands 0 times at the bank: []": lambda case: changed(case, bookings=case.evidence.bookings[1:]),
    "stands 0 times at the bank": lambda case: with_booking(case, 5, reversed=True),
    "stands 1 times at the bank": lambda case: with_booking(case, 6, reversed=False),
    "stands 2 times at the bank": lambda case: changed(
        case, bookings=[*case.evidence.bookings, case.evidence.bookings[8]]
    ),
    "was declined by nobody": lambda case: with_booking(case, 1, decline_code=None),
    "decline_code='processing_error', key='order-4.0', reference='ref order-4.0') was declined by nobody": (
        lambda case: with_booking(case, 7, decline_code=None)
    ),
    "at the bank to Money(captured=10006, refunded=4000, held=0)": lambda case: with_booking(
        case, 0, net_amount=10_006
    ),
    "at the bank to Money(captured=10007, refunded=6000, held=0)": lambda case: with_booking(
        case, 6, net_amount=-2_000
    ),
    "at the bank to Money(captured=0, refunded=0, held=1)": lambda case: with_booking(
        case, 8, released_amount=GIVEN_UP.amount - 1
    ),
    "pgw reconcile ended with 1": lambda case: changed(case, reconcile_status=1),
    "pgw reconcile says {'books': {}": lambda case: changed(case, reconciled=[]),
    "pgw reconcile says {'kind'": lambda case: changed(case, reconciled=[totals("EUR", 6_007, 0)]),
    "the gateway logged a bug": lambda case: changed(case, bugs=["ActorCrashed"]),
}


def test_what_is_sound_has_no_findings() -> None:
    assert [] == list(findings_of(sound()))


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_is_found(sentence: str) -> None:
    findings = list(findings_of(WRONG[sentence](sound())))
    assert [finding for finding in findings if sentence in finding], findings
