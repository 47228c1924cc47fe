from datetime import UTC, datetime, timedelta

import attrs
import pytest

from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobEvent, JobEventType, JobFailure, JobStatus, event_type
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentOrder, PaymentStatus

AT = datetime(2026, 6, 15, tzinfo=UTC)
LATER = AT + timedelta(seconds=15)
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))
PAYMENT = Payment.ordered(
    "pay_a", "mer_a", PaymentOrder(Money(1050, Currency("EUR", 2)), CARD), "bank", AT, reference="ref_1"
)
JOB = Job.opened("job_a", PAYMENT, "req_a")
FAILURE = JobFailure(FailureCode.BANK_UNAVAILABLE, "The bank took no request in time.")


def test_a_job_opens_with_its_payment() -> None:
    assert ("pay_a", "mer_a", PAYMENT.amount) == (JOB.payment_id, JOB.merchant_id, JOB.amount)
    assert (JobStatus.CREATED, PaymentStatus.CREATED, None) == (JOB.status, JOB.payment_status, JOB.failure)
    assert JOB.is_open
    assert JobEventType.CREATED == event_type(JOB)


@pytest.mark.parametrize(
    ("payment", "failure", "status", "event"),
    [
        (PAYMENT.authorized(LATER), None, JobStatus.COMPLETED, JobEventType.COMPLETED),
        (PAYMENT.declined("lost_card", LATER), None, JobStatus.COMPLETED, JobEventType.COMPLETED),
        (PAYMENT.failed(LATER), FAILURE, JobStatus.FAILED, JobEventType.FAILED),
        (PAYMENT.doubted(LATER), None, JobStatus.CREATED, JobEventType.UPDATED),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Payment) else None,
)
def test_a_job_follows_its_payment(
    payment: Payment, failure: JobFailure | None, status: JobStatus, event: JobEventType
) -> None:
    job = JOB.following(payment, failure)
    assert (status, payment.status, failure) == (job.status, job.payment_status, job.failure)
    assert (AT, LATER) == (job.created_at, job.updated_at)
    assert event == event_type(job)
    assert job.is_open == (not JobEvent(2, event, job).is_last) == (status is JobStatus.CREATED)


def test_an_authorized_payment_completes_its_job() -> None:
    reserved = attrs.evolve(PAYMENT, capture=False).authorized(LATER)
    assert JobStatus.COMPLETED == JOB.following(reserved).status


def test_a_job_in_doubt_completes_once_the_doubt_is_settled() -> None:
    doubted = PAYMENT.doubted(LATER)
    assert JobStatus.COMPLETED == JOB.following(doubted).following(doubted.authorized(LATER)).status


@pytest.mark.parametrize("payment", [PAYMENT.authorized(LATER), PAYMENT.declined("lost_card", LATER)])
def test_a_completed_job_has_ended(payment: Payment) -> None:
    completed = JOB.following(payment)
    with pytest.raises(AssertionError, match=r"^a job ends once$"):
        completed.following(payment)
    with pytest.raises(AssertionError, match=r"^a job ends once$"):
        completed.following(PAYMENT.failed(LATER), FAILURE)


def test_a_failed_job_has_ended() -> None:
    failed = JOB.following(PAYMENT.failed(LATER), FAILURE)
    with pytest.raises(AssertionError, match=r"^a job ends once$"):
        failed.following(PAYMENT.authorized(LATER))


def test_a_failed_job_says_why_and_no_other_does() -> None:
    with pytest.raises(AssertionError):
        JOB.following(PAYMENT.failed(LATER))
    with pytest.raises(AssertionError):
        JOB.following(PAYMENT.authorized(LATER), FAILURE)


def test_a_job_follows_no_other_payment() -> None:
    with pytest.raises(AssertionError, match=r"^a job is about one payment$"):
        JOB.following(attrs.evolve(PAYMENT, id="pay_b").authorized(LATER))
