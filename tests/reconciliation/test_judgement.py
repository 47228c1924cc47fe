"""Every state of a payment or an operation against everything that a bank may show for it."""

from typing import Any

import pytest
from attrs import evolve

from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.job import JobStatus, JobType
from pgw.domain.payment import PaymentStatus
from pgw.reconciliation.differences import CODES_OF, DifferenceCode
from pgw.reconciliation.judgement import Shown, Sum, expected_of, judge, net_of
from tests.reconciliation.sides import (
    BOOKING,
    CAPTURE,
    DECLINED,
    HOLD,
    REFUND,
    REVERSED,
    VOID,
    entry,
    operation,
)

NONE: tuple[LedgerEntry, ...] = ()
TWICE = (BOOKING, BOOKING)
MORE, LESS = evolve(BOOKING, charged=1051), evolve(BOOKING, charged=1049)
OTHER_HOLD, OTHER_CURRENCY = evolve(HOLD, held=1049), evolve(BOOKING, currency="USD")
IN_TWO_CURRENCIES = (BOOKING, OTHER_CURRENCY)

APPROVED, AUTHORIZED = PaymentStatus.APPROVED, PaymentStatus.AUTHORIZED
DECLINED_PAYMENT, FAILED = PaymentStatus.DECLINED, PaymentStatus.FAILED
OPEN = [PaymentStatus.CREATED, PaymentStatus.UNKNOWN]
CASES = [
    (APPROVED, (BOOKING,), None),
    (APPROVED, (DECLINED, BOOKING, REVERSED), None),
    (APPROVED, NONE, DifferenceCode.NOT_AT_THE_BANK),
    (APPROVED, (DECLINED,), DifferenceCode.NOT_AT_THE_BANK),
    (APPROVED, (REVERSED,), DifferenceCode.NOT_AT_THE_BANK),
    (APPROVED, TWICE, DifferenceCode.CHARGED_TWICE),
    (APPROVED, (BOOKING, HOLD), DifferenceCode.CHARGED_TWICE),
    (APPROVED, IN_TWO_CURRENCIES, DifferenceCode.CHARGED_TWICE),
    (APPROVED, (MORE,), DifferenceCode.CHARGED_TOO_MUCH),
    (APPROVED, (LESS,), DifferenceCode.OTHER_AMOUNT),
    (APPROVED, (HOLD,), DifferenceCode.OTHER_AMOUNT),
    (APPROVED, (OTHER_CURRENCY,), DifferenceCode.OTHER_CURRENCY),
    (AUTHORIZED, (HOLD,), None),
    (AUTHORIZED, NONE, DifferenceCode.NOT_AT_THE_BANK),
    (AUTHORIZED, (OTHER_HOLD,), DifferenceCode.OTHER_AMOUNT),
    (AUTHORIZED, (BOOKING,), DifferenceCode.CHARGED_TOO_MUCH),
    (AUTHORIZED, (HOLD, HOLD), DifferenceCode.CHARGED_TWICE),
    *((status, (HOLD,), None) for status in (PaymentStatus.PARTIALLY_CAPTURED, PaymentStatus.VOIDED)),
    *((status, (BOOKING,), None) for status in (PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED)),
    *((status, (CAPTURE,), DifferenceCode.OTHER_OPERATION) for status in PaymentStatus),
    (DECLINED_PAYMENT, NONE, None),
    (DECLINED_PAYMENT, (DECLINED, REVERSED), None),
    (DECLINED_PAYMENT, (BOOKING,), DifferenceCode.CHARGED_THOUGH_DECLINED),
    (DECLINED_PAYMENT, (HOLD,), DifferenceCode.CHARGED_THOUGH_DECLINED),
    (FAILED, NONE, None),
    (FAILED, (REVERSED, DECLINED), None),
    (FAILED, (BOOKING,), DifferenceCode.CHARGED_THOUGH_FAILED),
    (FAILED, (HOLD,), DifferenceCode.CHARGED_THOUGH_FAILED),
    *((status, entries, None) for status in OPEN for entries in (NONE, (BOOKING,), (HOLD,), (MORE,))),
    *((status, (OTHER_CURRENCY,), None) for status in OPEN),
    *((status, TWICE, DifferenceCode.CHARGED_TWICE) for status in OPEN),
    *((None, entries, None) for entries in (NONE, (DECLINED,), (REVERSED,))),
    *((None, entries, DifferenceCode.UNKNOWN_REFERENCE) for entries in ((BOOKING,), (HOLD,), TWICE)),
]


@pytest.mark.parametrize(("status", "entries", "code"), CASES)
def test_what_differs_is_named(
    status: PaymentStatus | None, entries: tuple[LedgerEntry, ...], code: DifferenceCode | None
) -> None:
    judgement = judge("ref_1", None if status is None else entry(status), entries)
    assert (code, status in OPEN) == (judgement.code, judgement.is_open)


def test_every_status_is_judged() -> None:
    assert set(PaymentStatus) == {status for status, _, _ in CASES if status is not None}


OPEN_JOB = JobStatus.CREATED
OPERATIONS = {JobType.CAPTURE: CAPTURE, JobType.VOID: VOID, JobType.REFUND: REFUND}
PARTS = [(type_, booked, CODES_OF[type_]) for type_, booked in OPERATIONS.items()]
FAILED_JOB, DECLINED_JOB = (
    {"job_status": JobStatus.FAILED},
    {"job_status": JobStatus.FAILED, "is_declined": True},
)
OF_OPERATIONS = [
    *((type_, {}, (booked,), None) for type_, booked, _ in PARTS),
    *((type_, {}, (evolve(booked, counts=False), booked), None) for type_, booked, _ in PARTS),
    *((type_, {}, NONE, DifferenceCode.NOT_AT_THE_BANK) for type_, _, _ in PARTS),
    *(
        (type_, {}, (evolve(booked, counts=False),), DifferenceCode.NOT_AT_THE_BANK)
        for type_, booked, _ in PARTS
    ),
    *((type_, {}, (booked, booked), codes.twice) for type_, booked, codes in PARTS),
    *((type_, {}, (evolve(booked, held=7),), DifferenceCode.OTHER_AMOUNT) for type_, booked, _ in PARTS),
    *(
        (type_, {}, (evolve(booked, currency="USD"),), DifferenceCode.OTHER_CURRENCY)
        for type_, booked, _ in PARTS
    ),
    *(
        (type_, {}, (evolve(booked, payment_reference="ref_x"),), DifferenceCode.OTHER_PAYMENT)
        for type_, booked, _ in PARTS
    ),
    *((type_, {}, (BOOKING,), DifferenceCode.OTHER_OPERATION) for type_, _, _ in PARTS),
    (JobType.CAPTURE, {}, (REFUND,), DifferenceCode.OTHER_OPERATION),
    (JobType.REFUND, {}, (VOID,), DifferenceCode.OTHER_OPERATION),
    (JobType.CAPTURE, {}, (evolve(CAPTURE, charged=501),), DifferenceCode.CAPTURED_TOO_MUCH),
    (JobType.CAPTURE, {}, (evolve(CAPTURE, charged=499),), DifferenceCode.OTHER_AMOUNT),
    (JobType.REFUND, {}, (evolve(REFUND, charged=-501),), DifferenceCode.REFUNDED_TOO_MUCH),
    (JobType.REFUND, {}, (evolve(REFUND, charged=-499),), DifferenceCode.OTHER_AMOUNT),
    (JobType.CAPTURE, {"is_final": True}, (evolve(CAPTURE, held=-1050),), None),
    (JobType.CAPTURE, {"is_final": True}, (CAPTURE,), DifferenceCode.OTHER_AMOUNT),
    (JobType.CAPTURE, {"is_final": True, "captured": 1050}, (CAPTURE,), None),
    *((type_, FAILED_JOB, (booked,), codes.though_failed) for type_, booked, codes in PARTS),
    *((type_, DECLINED_JOB, (booked,), codes.though_declined) for type_, booked, codes in PARTS),
    *((type_, changes, NONE, None) for type_, _, _ in PARTS for changes in (FAILED_JOB, DECLINED_JOB)),
    *((type_, {"job_status": OPEN_JOB}, shown, None) for type_, one, _ in PARTS for shown in (NONE, (one,))),
    *((type_, {"job_status": OPEN_JOB}, (one, one), codes.twice) for type_, one, codes in PARTS),
    *(
        (
            type_,
            {"job_status": OPEN_JOB},
            (evolve(one, payment_reference="ref_x"),),
            DifferenceCode.OTHER_PAYMENT,
        )
        for type_, one, _ in PARTS
    ),
]


@pytest.mark.parametrize(("type_", "changes", "entries", "code"), OF_OPERATIONS)
def test_what_differs_of_an_operation_is_named(
    type_: JobType,
    changes: dict[str, Any],
    entries: tuple[LedgerEntry, ...],
    code: DifferenceCode | None,
) -> None:
    judgement = judge("ref_1", operation(type_, **changes), entries)
    assert (code, changes.get("job_status") is OPEN_JOB) == (judgement.code, judgement.is_open)


@pytest.mark.parametrize(
    "outcome", [AttemptOutcome.DOUBTFUL, AttemptOutcome.REVERSING, AttemptOutcome.NOT_REVERSIBLE]
)
@pytest.mark.parametrize("type_", OPERATIONS)
def test_nothing_is_expected_for_certain_of_an_operation_whose_outcome_is_unknown(
    type_: JobType, outcome: AttemptOutcome
) -> None:
    assert Sum() == expected_of(operation(type_, OPEN_JOB, outcome=outcome))


def test_each_code_is_of_some_case() -> None:
    codes = {code for *_, code in CASES} | {code for *_, code in OF_OPERATIONS}
    assert set(DifferenceCode) == codes - {None}


def test_the_net_is_of_what_counts_each_currency_by_itself() -> None:
    entries = [BOOKING, DECLINED, HOLD, REVERSED, OTHER_CURRENCY, MORE]
    expected = (Shown("EUR", 3, Sum(charged=2101, held=1050)), Shown("USD", 1, Sum(charged=1050)))
    assert expected == net_of(entries)
