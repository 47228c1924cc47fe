"""Every status of a payment against everything that a bank may show for it."""

import pytest
from attrs import evolve

from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.payment import PaymentStatus
from pgw.reconciliation.judgement import DifferenceCode, Shown, Sum, judge, net_of
from tests.reconciliation.sides import BOOKING, DECLINED, HOLD, REVERSED, entry

NONE: tuple[LedgerEntry, ...] = ()
TWICE = (BOOKING, BOOKING)
MORE, LESS = evolve(BOOKING, captured=1051), evolve(BOOKING, captured=1049)
OTHER_HOLD, OTHER_CURRENCY = evolve(HOLD, amount=1049), evolve(BOOKING, currency="USD")
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


def test_the_net_is_of_what_counts_each_currency_by_itself() -> None:
    entries = [BOOKING, DECLINED, HOLD, REVERSED, OTHER_CURRENCY, MORE]
    expected = (Shown("EUR", 3, Sum(charged=2101, held=1050)), Shown("USD", 1, Sum(charged=1050)))
    assert expected == net_of(entries)
