from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from attrs import evolve

from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobFailure
from pgw.domain.money import Currency, Money
from pgw.domain.operation import CaptureOrder, OperationOrder, RefundOrder, VoidOrder, begin
from pgw.domain.payment import Payment, PaymentOrder, PaymentStatus
from pgw.domain.result import Ok
from pgw.http.answers import encode, timestamp
from pgw.http.jobs.representation import job_document

AT = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
LATER = AT + timedelta(seconds=15)
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))
PAYMENT = Payment.ordered(
    "pay_a", "mer_a", PaymentOrder(Money(10, Currency("EUR", 2)), CARD), "bank", AT, reference="ref_1"
)
JOB = Job.opened("job_a", PAYMENT, "req_a")


def shown(status: str, payment_status: str, more: str = "", updated_at: str = "15") -> str:
    return (
        f'{{"jobId":"job_a","type":"payment","status":"{status}","paymentId":"pay_a",'
        f'"paymentStatus":"{payment_status}","amount":0.10,{more}'
        f'"createdAt":"2026-06-15T09:30:00.000Z","updatedAt":"2026-06-15T09:30:{updated_at}.000Z"}}'
    )


def test_an_open_job_names_no_entity() -> None:
    assert shown("Created", "Created", updated_at="00") == encode(job_document(JOB))


def test_a_job_in_doubt_is_still_open() -> None:
    assert shown("Created", "Unknown") == encode(job_document(JOB.following(PAYMENT.doubted(LATER))))


def test_a_completed_job_names_the_payment_as_its_entity() -> None:
    approved = JOB.following(PAYMENT.authorized(LATER))
    assert shown("Completed", "Approved", '"entityId":"pay_a",') == encode(job_document(approved))


def test_a_declined_payment_is_a_completed_job() -> None:
    declined = JOB.following(PAYMENT.declined("lost_card", LATER))
    assert shown("Completed", "Declined", '"entityId":"pay_a",') == encode(job_document(declined))


def test_a_failed_job_says_why_and_names_no_entity() -> None:
    failed = JOB.following(PAYMENT.failed(LATER), JobFailure(FailureCode.BANK_REJECTED, "Refused."))
    error = '"error":{"code":"BankRejected","detail":"Refused."},'
    assert shown("Failed", "Failed", error) == encode(job_document(failed))


AUTHORIZED = evolve(PAYMENT, capture=False, amount=Money(1050, Currency("EUR", 2))).authorized(LATER)
APPROVED = evolve(AUTHORIZED, status=PaymentStatus.APPROVED, captured=1050)
REFUND = RefundOrder(400, "Returned")


def operated(payment: Payment, order: OperationOrder) -> tuple[Payment, Job]:
    begun = begin(payment, order, LATER)
    assert isinstance(begun, Ok)
    return begun.value.payment, Job.begun("job_b", begun.value, order, "req_b")


def members(job: Job) -> dict[str, object]:
    """Return what is shown of the operation, without its ids and times."""
    beside = {"jobId", "paymentId", "createdAt", "updatedAt"}
    return {name: value for name, value in job_document(job).items() if name not in beside}


def test_a_capture_says_whether_it_is_the_last() -> None:
    for is_final, status in ((False, "PartiallyCaptured"), (True, "Approved")):
        payment, job = operated(AUTHORIZED, CaptureOrder(400, is_final=is_final))
        begun = {"type": "capture", "amount": Decimal("4.00"), "final": is_final}
        assert begun | {"status": "Created", "paymentStatus": "Authorized"} == members(job)
        ended = {"status": "Completed", "paymentStatus": status, "entityId": "pay_a"}
        assert begun | ended == members(job.completed(payment, LATER)[1])


def test_a_void_is_of_all_that_was_reserved() -> None:
    payment, job = operated(AUTHORIZED, VoidOrder())
    expected = {"type": "void", "status": "Completed", "paymentStatus": "Voided", "amount": Decimal("10.50")}
    assert expected | {"entityId": "pay_a"} == members(job.completed(payment, LATER)[1])


def test_a_refund_says_why_where_a_reason_was_given() -> None:
    _, job = operated(APPROVED, REFUND)
    expected = {"type": "refund", "status": "Created", "paymentStatus": "Approved", "amount": Decimal("4.00")}
    assert expected | {"reason": "Returned"} == members(job)
    assert "reason" not in members(operated(APPROVED, RefundOrder(400))[1])


def test_the_banks_no_is_told_in_its_words_and_nothing_else_is() -> None:
    payment, job = operated(APPROVED, REFUND)
    error = {"code": "RefundDeclined", "detail": "No."}
    for decline_code, told in (("closed_account", {"declineCode": "closed_account"}), (None, {})):
        failure = JobFailure(FailureCode.REFUND_DECLINED, "No.", decline_code)
        assert error | told == members(job.failed(payment, failure, LATER)[1])["error"]


def test_times_are_in_utc_to_the_millisecond() -> None:
    elsewhere = datetime(2026, 6, 15, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=-12)))
    assert "2026-06-16T11:59:59.999Z" == timestamp(elsewhere)
