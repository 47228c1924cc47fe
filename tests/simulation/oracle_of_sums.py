"""What must be true of the books by themselves at any moment: sums, what is reserved, and what follows."""

from collections.abc import Iterator, Sequence

from pgw.domain.job import JobStatus, JobType
from pgw.domain.payment import PaymentStatus, VoidReason
from tests.simulation.books import Booked, BookedPayment, Books
from tests.simulation.evidence import AUTHORIZED


def violations_of_sums(books: Books) -> Iterator[str]:
    """Yield what does not add up."""
    on: dict[str, list[Booked]] = {payment_id: [] for payment_id in books.payments}
    for job in books.operations:
        on[job.payment_id].append(job)
    for payment in books.payments.values():
        yield from _violations_of(payment, on[payment.payment_id])


def _violations_of(payment: BookedPayment, operations: Sequence[Booked]) -> Iterator[str]:
    what = f"sums: {payment.payment_id} ({payment.status})"
    if not 0 <= payment.refunded <= payment.captured <= payment.amount:
        yield f"{what} has {payment.refunded} refunded of {payment.captured} captured of {payment.amount}"
    for name, says, expected in (
        ("captured", payment.captured, _captured(payment, operations)),
        ("refunded", payment.refunded, _sum(operations, JobType.REFUND, JobStatus.COMPLETED)),
        ("capturing", payment.capturing, _sum(operations, JobType.CAPTURE, JobStatus.CREATED)),
        ("refunding", payment.refunding, _sum(operations, JobType.REFUND, JobStatus.CREATED)),
        ("is voiding", payment.is_voiding, bool(_of(operations, JobType.VOID, JobStatus.CREATED))),
        ("void reason", payment.void_reason, _void_reason(operations)),
    ):
        if says != expected:
            yield f"{what} says {name} {says}, and its jobs say {expected}"
    if payment.status in AUTHORIZED and payment.status != _status(payment, operations):
        yield f"{what} should be {_status(payment, operations)} by its jobs"
    never_expires = any(one.void_reason == VoidReason.EXPIRED for one in operations)
    if payment.status == PaymentStatus.AUTHORIZED and payment.expires_at is None and not never_expires:
        yield f"{what} never expires"
    if operations and payment.status not in AUTHORIZED:
        yield f"{what} has operations on it, and was never authorized"


def _status(payment: BookedPayment, operations: Sequence[Booked]) -> PaymentStatus:
    """Return what follows for an authorized payment."""
    if _of(operations, JobType.VOID, JobStatus.COMPLETED):
        return PaymentStatus.VOIDED
    if payment.captured == 0:
        return PaymentStatus.AUTHORIZED
    if payment.refunded:
        is_all = payment.refunded == payment.captured
        return PaymentStatus.REFUNDED if is_all else PaymentStatus.PARTIALLY_REFUNDED
    captures = _of(operations, JobType.CAPTURE, JobStatus.COMPLETED)
    is_last = payment.captured == payment.amount or any(one.is_final for one in captures)
    return PaymentStatus.APPROVED if is_last else PaymentStatus.PARTIALLY_CAPTURED


def _captured(payment: BookedPayment, operations: Sequence[Booked]) -> int:
    at_once = payment.amount if payment.capture and payment.status in AUTHORIZED else 0
    return at_once + _sum(operations, JobType.CAPTURE, JobStatus.COMPLETED)


def _void_reason(operations: Sequence[Booked]) -> str | None:
    return next((one.void_reason for one in _of(operations, JobType.VOID, JobStatus.COMPLETED)), None)


def _sum(operations: Sequence[Booked], kind: JobType, status: JobStatus) -> int:
    return sum(one.amount for one in _of(operations, kind, status))


def _of(operations: Sequence[Booked], kind: JobType, status: JobStatus) -> list[Booked]:
    return [one for one in operations if one.type == kind and one.job_status == status]
