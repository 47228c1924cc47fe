"""What the oracle must notice of captures, voids and refunds, each planted in books that are right else."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, evolve, field

from pgw.domain.operation import CaptureOrder, RefundOrder, VoidOrder
from tests.simulation.bank_conduct import Misconduct
from tests.simulation.bank_ledger import Booking, Kind, Ledger, Operation
from tests.simulation.books import Booked, BookedPayment, Books
from tests.simulation.clients import Accepted, Instruction, Order, Refused
from tests.simulation.evidence import Evidence
from tests.simulation.oracle import violations, violations_at_start

MERCHANT, PAID, VOIDED = "mer_a", "pay_1", "pay_2"
ENDED = Booked(
    MERCHANT,
    "",
    "payment",
    "Completed",
    PAID,
    "PartiallyRefunded",
    0,
    "",
    "Answered",
    "req_1",
    is_final=False,
    void_reason=None,
    failure=None,
    created_at=1,
    updated_at=2,
    flags=frozenset(),
)
JOBS = (
    evolve(ENDED, job_id="job_1", amount=1000, reference="ref_1"),
    evolve(ENDED, job_id="job_c", type="capture", amount=600, reference="ref_c", request_id="req_c"),
    evolve(ENDED, job_id="job_r", type="refund", amount=250, reference="ref_r", request_id="req_r"),
    evolve(ENDED, job_id="job_2", amount=70, reference="ref_2", payment_id=VOIDED, status="Voided"),
    evolve(
        ENDED,
        job_id="job_v",
        type="void",
        amount=70,
        reference="ref_v",
        request_id="req_v",
        payment_id=VOIDED,
        status="Voided",
        void_reason="requested",
    ),
)
PAYMENT = BookedPayment(
    PAID,
    "PartiallyRefunded",
    amount=1000,
    capture=False,
    captured=600,
    refunded=250,
    capturing=0,
    refunding=0,
    is_voiding=False,
    void_reason=None,
    expires_at=None,
    authorization_reference="ref_1",
    created_at=1,
    updated_at=2,
)
OTHER = evolve(
    PAYMENT,
    payment_id=VOIDED,
    status="Voided",
    amount=70,
    void_reason="requested",
    authorization_reference="ref_2",
    captured=0,
    refunded=0,
)


@define
class Case:
    """Right books, an honest bank and what merchants know; a test spoils one of them."""

    jobs: dict[str, Booked]
    payments: dict[str, BookedPayment]
    ledger: Ledger
    instructions: list[Instruction]
    settled: frozenset[str] = frozenset()
    misconduct: list[Misconduct] = field(factory=list)
    jumps: bool = False

    @property
    def evidence(self) -> Evidence:
        books = Books(tuple(self.jobs.values()), self.payments, {}, {}, {})
        orders = [_order(1000, Accepted("job_1", PAID)), _order(70, Accepted("job_2", VOIDED))]
        return Evidence(
            books,
            self.ledger,
            orders,
            self.settled,
            instructions=self.instructions,
            misconduct=self.misconduct,
            jumps=self.jumps,
        )

    def change(self, job_id: str, **columns: Any) -> None:
        self.jobs[job_id] = evolve(self.jobs[job_id], **columns)

    def change_payment(self, **columns: Any) -> None:
        self.payments[PAID] = evolve(self.payments[PAID], **columns)

    def of_bank(self, reference: str) -> Operation:
        (operation,) = self.ledger.operations_of(reference)
        return operation


def _order(amount: int, accepted: Accepted) -> Order:
    return Order(merchant_id=MERCHANT, key="key", amount=amount, capture=False, answers=[accepted])


def _authorized(reference: str, amount: int) -> Booking:
    return Booking(
        reference=reference,
        amount=amount,
        at=1.0,
        currency="EUR",
        last_four="4242",
        capture=False,
        authorization_code="code-1",
    )


def _booked(kind: Kind, reference: str, amount: int, at: float, on: str = "ref_1") -> Operation:
    return Operation(reference=reference, amount=amount, at=at, kind=kind, payment_reference=on)


def _case() -> Case:
    ledger = Ledger()
    for decision in (
        _authorized("ref_1", 1000),
        _authorized("ref_2", 70),
        _booked(Kind.CAPTURE, "ref_c", 600, 2.0),
        _booked(Kind.REFUND, "ref_r", 250, 3.0),
        _booked(Kind.VOID, "ref_v", 0, 2.0, "ref_2"),
    ):
        ledger.arrive(decision.reference)
        ledger.book(decision)
    instructions = [
        Instruction(
            merchant_id=MERCHANT,
            key=f"key_{name}",
            payment_id=payment_id,
            order=order,
            request_id=f"req_{name}",
            answers=[Accepted(f"job_{name}", payment_id)],
        )
        for name, payment_id, order in (
            ("c", PAID, CaptureOrder(600)),
            ("r", PAID, RefundOrder(250)),
            ("v", VOIDED, VoidOrder()),
        )
    ]
    payments = {PAID: PAYMENT, VOIDED: OTHER}
    return Case({one.job_id: one for one in JOBS}, payments, ledger, instructions)


def _lose_a_job(case: Case) -> None:
    del case.jobs["job_c"]


def _accept_twice_under_one_key(case: Case) -> None:
    case.instructions[1].answers.append(Accepted("job_c", PAID))


def _book_one_instruction_twice(case: Case) -> None:
    case.change("job_c", request_id="req_r")


def _keep_what_was_refused(case: Case) -> None:
    case.instructions[1].answers = [Refused("AmountTooLarge")]


def _void_unasked(case: Case) -> None:
    del case.instructions[2]


def _leave_a_job_open(case: Case) -> None:
    case.change("job_r", job_status="Created")


def _fail_what_took_effect(case: Case) -> None:
    case.change("job_r", job_status="Failed", failure="Interrupted")
    case.change_payment(refunded=0, status="PartiallyCaptured")


def _complete_what_took_none(case: Case) -> None:
    case.of_bank("ref_r").undone_at = 4.0


def _complete_what_was_declined(case: Case) -> None:
    case.of_bank("ref_v").decline_code = "generic_decline"


def _take_effect_twice(case: Case) -> None:
    case.ledger.book(_booked(Kind.REFUND, "ref_r", 250, 4.0))


def _take_effect_twice_for_a_moment(case: Case) -> None:
    again = _booked(Kind.REFUND, "ref_r", 250, 4.0)
    again.undone_at = 5.0
    case.ledger.book(again)


def _tell_the_bank_another_amount(case: Case) -> None:
    case.of_bank("ref_c").amount = 601


def _tell_the_bank_it_is_final(case: Case) -> None:
    case.of_bank("ref_c").is_final = True


def _send_what_no_books_know(case: Case) -> None:
    case.ledger.arrive("ref_x")


def _refund_more_than_was_captured_for_a_moment(case: Case) -> None:
    extra = _booked(Kind.REFUND, "ref_x", 351, 4.0)
    extra.undone_at = 5.0
    case.ledger.operations.append(extra)


def _capture_more_at_the_bank(case: Case) -> None:
    case.ledger.book(_booked(Kind.CAPTURE, "ref_x", 1, 4.0))


def _undo_the_payment(case: Case) -> None:
    case.ledger.reverse("ref_1", 9.0)


def _count_a_cent_too_much(case: Case) -> None:
    case.change_payment(captured=601)


def _forget_a_refund(case: Case) -> None:
    case.change_payment(refunded=0)


def _say_all_is_refunded(case: Case) -> None:
    case.change_payment(status="Refunded")


def _say_what_is_voided_is_not(case: Case) -> None:
    case.payments[VOIDED] = evolve(OTHER, status="Authorized", void_reason=None, expires_at=9)


def _keep_an_amount_reserved(case: Case) -> None:
    case.change_payment(refunding=1)


def _keep_voiding(case: Case) -> None:
    case.change_payment(is_voiding=True)


def _give_another_reason(case: Case) -> None:
    case.payments[VOIDED] = evolve(OTHER, void_reason="expired")


def _refuse_a_reversal_in_silence(case: Case) -> None:
    case.change("job_r", outcome="NotReversible")


def _flag_what_never_was(case: Case) -> None:
    _complete_what_was_declined(case)
    case.change("job_v", flags=frozenset({"LateDecision"}))


def _change_at_no_jobs_time(case: Case) -> None:
    case.change_payment(updated_at=7)


def _change_before_another_did(case: Case) -> None:
    case.change_payment(updated_at=1)


def _misbehave(case: Case) -> None:
    case.misconduct.append(Misconduct("ref_1", "a refund of more than was captured"))


SPOILED = [
    _lose_a_job,
    _accept_twice_under_one_key,
    _book_one_instruction_twice,
    _keep_what_was_refused,
    _void_unasked,
    _leave_a_job_open,
    _fail_what_took_effect,
    _complete_what_took_none,
    _complete_what_was_declined,
    _take_effect_twice,
    _take_effect_twice_for_a_moment,
    _tell_the_bank_another_amount,
    _tell_the_bank_it_is_final,
    _send_what_no_books_know,
    _refund_more_than_was_captured_for_a_moment,
    _capture_more_at_the_bank,
    _undo_the_payment,
    _count_a_cent_too_much,
    _forget_a_refund,
    _say_all_is_refunded,
    _say_what_is_voided_is_not,
    _keep_an_amount_reserved,
    _keep_voiding,
    _give_another_reason,
    _refuse_a_reversal_in_silence,
    _flag_what_never_was,
    _change_at_no_jobs_time,
    _change_before_another_did,
    _misbehave,
]


def test_books_that_agree_with_the_bank_are_right() -> None:
    assert [] == list(violations(_case().evidence))
    assert [] == list(violations_at_start(_case().evidence))


@pytest.mark.parametrize("spoil", SPOILED)
def test_books_that_are_not_as_they_should_be_are_found(spoil: Callable[[Case], None]) -> None:
    case = _case()
    spoil(case)
    assert list(violations(case.evidence))


@pytest.mark.parametrize(
    "spoil", [_lose_a_job, _count_a_cent_too_much, _keep_an_amount_reserved, _send_what_no_books_know]
)
def test_what_can_be_wrong_at_a_start_is_found_there(spoil: Callable[[Case], None]) -> None:
    case = _case()
    spoil(case)
    assert list(violations_at_start(case.evidence))


def test_times_may_be_out_of_order_where_the_clock_jumps() -> None:
    case = _case()
    _change_before_another_did(case)
    case.jumps = True
    assert [] == list(violations(case.evidence))


def _settled_as_failed(*, is_told: bool) -> Case:
    """A refund of which an operator said that it failed, and which took effect after that."""
    case = _case()
    flags = frozenset({"LateDecision"} if is_told else ())
    case.change("job_r", job_status="Failed", failure="SettledByOperator", outcome="Settled", flags=flags)
    for job_id in ("job_1", "job_c", "job_r"):
        case.change(job_id, status="PartiallyCaptured")
    case.change_payment(refunded=0, status="PartiallyCaptured")
    case.settled = frozenset({"job_r"})
    case.misconduct.append(Misconduct("ref_1", "what followed from it"))
    return case


def test_what_an_operator_settled_against_the_truth_is_excused_where_somebody_was_told() -> None:
    assert [] == list(violations(_settled_as_failed(is_told=True).evidence))
    assert list(violations(_settled_as_failed(is_told=False).evidence))


def test_an_operator_excuses_no_other_operation_and_no_other_amount() -> None:
    case = _settled_as_failed(is_told=True)
    case.of_bank("ref_c").amount = 601
    assert list(violations(case.evidence))
    case = _settled_as_failed(is_told=True)
    case.misconduct = [Misconduct("ref_2", "on another payment")]
    assert list(violations(case.evidence))


def test_the_gateway_itself_voids_only_what_has_expired() -> None:
    case = _case()
    _void_unasked(case)
    case.change("job_v", void_reason="expired")
    _give_another_reason(case)
    assert [] == list(violations(case.evidence))
