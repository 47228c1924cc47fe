"""Both sides read while payments go on, and summed."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from attrs import evolve

from pgw.bank.ledger_port import LedgerEntry, LedgerUnavailable
from pgw.domain.job import JobStatus, JobType
from pgw.domain.money import Currency
from pgw.domain.payment import PaymentStatus
from pgw.reconciliation.comparison import LONGEST_REFERENCE, Totals, reconcile
from pgw.reconciliation.differences import DifferenceCode
from pgw.reconciliation.judgement import Judgement, Sum
from tests.reconciliation.sides import (
    BOOKING,
    CAPTURE,
    DECLINED,
    EUR,
    HOLD,
    REFUND,
    REVERSED,
    Books,
    Ledger,
    compared,
    entry,
    operation,
)

APPROVED = PaymentStatus.APPROVED


def booking(reference: str | None, **changes: Any) -> LedgerEntry:
    return evolve(BOOKING, reference=reference, **changes)


async def test_sides_that_agree_are_read_once_and_summed() -> None:
    names = [f"ref_{number}" for number in range(7)]
    books = Books(
        *(entry(APPROVED, name) for name in names[:4]),
        entry(PaymentStatus.AUTHORIZED, names[4]),
        entry(PaymentStatus.UNKNOWN, names[5]),
        entry(PaymentStatus.FAILED, names[6]),
    )
    # The bank's order is another one.
    held, reversed_ = evolve(HOLD, reference=names[4]), evolve(REVERSED, reference=names[6])
    ledger = Ledger(held, reversed_, *(booking(name) for name in names[5::-1] if name != names[4]))
    summary, told = await compared(books, ledger)
    assert ([], []) == (told, books.asked + ledger.asked)
    assert (7, 6, 1, 0) == (summary.payments, summary.bookings, summary.open, summary.differences)
    totals = Totals(books=Sum(4200, 1050), bank=Sum(5250, 1050), open=Sum(1050, 0))
    assert {EUR: totals} == summary.totals
    assert Sum(0, 0) == totals.difference


async def test_operations_that_agree_are_read_once_and_summed_with_their_payments() -> None:
    held = entry(PaymentStatus.PARTIALLY_CAPTURED, "ref_0")
    parts = [(operation(JobType.CAPTURE), CAPTURE), (operation(JobType.REFUND), REFUND)]
    books = Books(held, *(evolve(one, reference=f"ref_{number}") for number, (one, _) in enumerate(parts, 1)))
    booked = [evolve(one, reference=f"ref_{number}") for number, (_, one) in enumerate(parts, 1)]
    ledger = Ledger(*booked, evolve(HOLD, reference="ref_0"))
    summary, told = await compared(books, ledger)
    assert ([], []) == (told, books.asked + ledger.asked)
    assert (1, 2, 3) == (summary.payments, summary.operations, summary.bookings)
    both = Sum(charged=0, held=550)
    assert {EUR: Totals(books=both, bank=both)} == summary.totals


async def test_an_open_refund_that_the_bank_shows_is_open_money() -> None:
    books = Books(operation(JobType.REFUND, JobStatus.CREATED))
    summary, told = await compared(books, Ledger(REFUND))
    assert ([], 1, 1) == (told, summary.open, summary.operations)
    assert Totals(bank=Sum(-500), open=Sum(-500)) == summary.totals[EUR]


async def test_each_difference_is_told_in_the_order_of_references_and_counted() -> None:
    books = Books(entry(APPROVED, "ref_1"), entry(APPROVED, "ref_2"), entry(PaymentStatus.FAILED, "ref_3"))
    ledger = Ledger(booking("ref_9"), booking("ref_3"), booking("ref_1"), booking("ref_1"))
    summary, told = await compared(books, ledger)
    assert [
        ("ref_1", DifferenceCode.CHARGED_TWICE),
        ("ref_2", DifferenceCode.NOT_AT_THE_BANK),
        ("ref_3", DifferenceCode.CHARGED_THOUGH_FAILED),
        ("ref_9", DifferenceCode.UNKNOWN_REFERENCE),
    ] == told
    assert (3, 4, 4) == (summary.payments, summary.bookings, summary.differences)
    assert Totals(books=Sum(2100), bank=Sum(4200)) == summary.totals[EUR]
    assert Sum(2100) == summary.totals[EUR].difference


async def test_a_payment_that_was_accepted_after_the_books_were_read_is_no_difference() -> None:
    books = Books(entry(APPROVED, "ref_1"))
    ledger = Ledger(booking("ref_1"), booking("ref_2"))
    books._after_reading = lambda: books.entries.update(ref_2=entry(APPROVED, "ref_2"))
    summary, told = await compared(books, ledger)
    assert ([], ["ref_2"], ["ref_2"]) == (told, books.asked, ledger.asked)
    assert (2, 2, Sum()) == (summary.payments, summary.bookings, summary.totals[EUR].difference)


async def test_the_books_are_read_first_since_what_they_are_sure_of_is_booked_by_then() -> None:
    books, ledger = Books(entry(PaymentStatus.CREATED)), Ledger()

    def approve() -> None:
        books.entries["ref_1"] = entry(APPROVED)
        ledger.entries.append(BOOKING)

    ledger._after_reading = approve
    summary, told = await compared(books, ledger)
    assert ([], [], 1) == (told, books.asked + ledger.asked, summary.open)


async def test_a_payment_that_is_still_unknown_at_the_second_look_is_open() -> None:
    books, ledger = Books(), Ledger(booking("ref_1"))
    books._after_reading = lambda: books.entries.update(ref_1=entry(PaymentStatus.CREATED))
    summary, told = await compared(books, ledger)
    assert ([], 1) == (told, summary.open)
    assert Totals(bank=Sum(1050), open=Sum(1050)) == summary.totals[EUR]


async def test_what_the_bank_reversed_meanwhile_is_no_difference() -> None:
    books = Books(entry(PaymentStatus.FAILED))
    ledger = Ledger(BOOKING)
    ledger._after_reading = lambda: ledger.entries.__setitem__(0, REVERSED)
    summary, told = await compared(books, ledger)
    assert ([], Totals()) == (told, summary.totals[EUR])


async def test_what_is_still_wrong_at_the_second_look_is_summed_as_it_is_then() -> None:
    books, ledger = Books(entry(APPROVED)), Ledger()
    ledger._after_reading = lambda: ledger.entries.extend([BOOKING, BOOKING])
    summary, told = await compared(books, ledger)
    assert [("ref_1", DifferenceCode.CHARGED_TWICE)] == told
    assert Totals(books=Sum(1050), bank=Sum(2100)) == summary.totals[EUR]


async def test_bookings_that_can_be_no_references_of_ours_are_told_and_never_asked_for() -> None:
    names = [None, "\ud800", "two\nlines", "x" * (LONGEST_REFERENCE + 1)]
    books, ledger = Books(), Ledger(*(booking(name) for name in names), booking(None))
    summary, told = await compared(books, ledger)
    assert set(names) == {reference for reference, _ in told}
    assert {DifferenceCode.UNKNOWN_REFERENCE} == {code for _, code in told}
    assert ([], Sum(5 * 1050)) == (books.asked + ledger.asked, summary.totals[EUR].bank)


async def test_declined_and_reversed_bookings_are_no_money() -> None:
    ledger = Ledger(
        DECLINED, REVERSED, evolve(DECLINED, reference="foreign"), evolve(REVERSED, reference=None)
    )
    summary, told = await compared(Books(entry(PaymentStatus.DECLINED)), ledger)
    assert ([], 0, Totals()) == (told, summary.bookings, summary.totals[EUR])


async def test_each_currency_has_totals_of_its_own_with_the_decimals_it_was_accepted_with() -> None:
    old_yen = Currency("JPY", 2)
    books = Books(entry(APPROVED, "ref_1", old_yen), entry(APPROVED, "ref_2"))
    ledger = Ledger(booking("ref_1", currency="JPY"), booking("ref_2", currency="XYZ"))
    summary, _ = await compared(books, ledger)
    assert {
        old_yen: Totals(books=Sum(1050), bank=Sum(1050)),
        EUR: Totals(books=Sum(1050)),
        Currency("XYZ", 0): Totals(bank=Sum(1050)),
    } == summary.totals


async def test_the_largest_amounts_are_summed_exactly() -> None:
    largest = 2**63 - 1
    ledger = Ledger(*(booking("ref_1", charged=largest) for _ in range(3)))
    summary, _ = await compared(Books(), ledger)
    assert Sum(charged=3 * largest) == summary.totals[EUR].bank


async def test_a_ledger_that_breaks_off_is_no_result() -> None:
    class BreaksOff(Ledger):
        async def pages(self) -> AsyncGenerator[Sequence[LedgerEntry], None]:
            yield [BOOKING]
            raise LedgerUnavailable("of a test", "it breaks off")

    told: list[Judgement] = []
    with pytest.raises(LedgerUnavailable):
        await reconcile(Books(entry(APPROVED)), BreaksOff(), told.append)
    assert [] == told
