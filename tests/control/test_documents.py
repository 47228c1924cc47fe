"""What an operator is told of an operation is the operation's own, and not its payment's."""

from decimal import Decimal

from pgw.control.documents import unresolved_document
from pgw.domain.attempt import Attempt
from pgw.domain.job import Job
from pgw.domain.money import Currency, Money
from pgw.domain.operation import RefundOrder, begin
from pgw.domain.payment import Payment, PaymentOrder
from pgw.domain.result import Ok
from pgw.storage.port import Change, Unresolved
from tests.control.payments import CARD, MERCHANT, NOW


def test_an_unresolved_refund_is_told_with_its_own_amount() -> None:
    order = PaymentOrder(Money(1050, Currency("EUR", 2)), CARD)
    payment = Payment.ordered("pay_1", MERCHANT, order, "bank", NOW, reference="ref_1").authorized(NOW)
    begun = begin(payment, RefundOrder(400), NOW)
    assert isinstance(begun, Ok)
    job = Job.begun("job_2", begun.value, RefundOrder(400), "req_2")
    attempt = Attempt.intended("ref_2", "pay_1", "job_2", "bank", NOW).doubted(1, NOW, NOW)
    told = unresolved_document(Unresolved(Change(begun.value.payment, job, attempt), ()))
    names = ("operation", "amount", "jobStatus", "paymentStatus", "reference")
    assert ("refund", Decimal("4.00"), "Created", "Approved", "ref_2") == tuple(told[name] for name in names)
