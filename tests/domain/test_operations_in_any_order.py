"""Whatever begins, succeeds and fails in whatever order, no more is moved than there is."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pgw.domain.job import Job, JobType
from pgw.domain.operation import CaptureOrder, OperationOrder, RefundOrder, VoidOrder, begin
from pgw.domain.payment import TRANSITIONS, Payment, PaymentStatus
from pgw.domain.result import Ok
from tests.domain.test_operation import AT, FAILURE, paid

AMOUNT = 100
amounts = st.none() | st.integers(-1, AMOUNT + 1)
orders = (
    st.builds(CaptureOrder, amounts, st.booleans()) | st.just(VoidOrder()) | st.builds(RefundOrder, amounts)
)
# Begin one, or end the open one at a place, well or not.
steps = st.lists(orders | st.tuples(st.integers(0, 9), st.booleans()), max_size=40)


class Ledger:
    """One payment with its open jobs, and what they have moved by a count of its own."""

    def __init__(self, *, capture: bool) -> None:
        self.payment = paid(AMOUNT, capture=capture)
        self.open: list[Job] = []
        self.moved = {JobType.CAPTURE: AMOUNT if capture else 0, JobType.REFUND: 0, JobType.VOID: 0}
        self.now = AT

    def begin(self, order: OperationOrder) -> None:
        answer = begin(self.payment, order, self.now)
        if isinstance(answer, Ok):
            self.payment = answer.value.payment
            self.open.append(Job.begun("job_b", answer.value, order, "req_b"))

    def end(self, place: int, *, is_done: bool) -> None:
        if place < len(self.open):
            job = self.open.pop(place)
            end = job.completed if is_done else lambda payment, at: job.failed(payment, FAILURE, at)
            self.payment, _ = end(self.payment, self.now)
            self.moved[job.type] += is_done * job.amount.minor_units

    def reserved(self, kind: JobType) -> int:
        return sum(job.amount.minor_units for job in self.open if job.type is kind)


def _holds(ledger: Ledger, before: Payment) -> None:
    payment = ledger.payment
    assert payment.status is before.status or payment.status in TRANSITIONS[before.status].values()
    assert 0 <= payment.captured <= payment.captured + payment.capturing <= AMOUNT
    assert 0 <= payment.refunded <= payment.refunded + payment.refunding <= payment.captured
    assert before.captured <= payment.captured
    assert before.refunded <= payment.refunded
    assert (ledger.moved[JobType.CAPTURE], ledger.moved[JobType.REFUND]) == (
        payment.captured,
        payment.refunded,
    )
    assert (ledger.reserved(JobType.CAPTURE), ledger.reserved(JobType.REFUND)) == (
        payment.capturing,
        payment.refunding,
    )
    assert payment.is_voiding == any(job.type is JobType.VOID for job in ledger.open)
    assert sum(job.type is not JobType.REFUND for job in ledger.open) <= 1
    if payment.status is PaymentStatus.VOIDED or payment.is_voiding:
        assert 0 == payment.captured + payment.capturing
    if payment.refunded + payment.refunding:
        assert 0 == payment.capturing, "no capture once a refund has begun"
    assert (payment.status is PaymentStatus.REFUNDED) == (0 < payment.captured == payment.refunded)
    assert payment.expires_at is None or payment.status is PaymentStatus.AUTHORIZED


@settings(max_examples=300, deadline=None)
@given(capture=st.booleans(), steps=steps)
def test_no_more_is_moved_than_there_is(
    capture: bool,
    steps: list[OperationOrder | tuple[int, bool]],
) -> None:
    ledger = Ledger(capture=capture)
    for step in steps:
        before = ledger.payment
        ledger.now += timedelta(seconds=1)
        if isinstance(step, tuple):
            place, is_done = step
            ledger.end(place, is_done=is_done)
        else:
            ledger.begin(step)
        _holds(ledger, before)
    while ledger.open:
        before = ledger.payment
        ledger.end(0, is_done=True)
        _holds(ledger, before)
    assert (0, 0, False) == (ledger.payment.capturing, ledger.payment.refunding, ledger.payment.is_voiding)
